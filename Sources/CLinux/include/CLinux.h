#ifndef TACTUS_CLINUX_H
#define TACTUS_CLINUX_H

/*
 * The Linux calls that Swift cannot import, as plain declarations.
 *
 * This header includes no system header: with the _GNU_SOURCE headers, this module would clash with CDispatch.
 * Every function returns 0 or more, or a negative errno. So no other call can change errno before the caller reads it.
 */

/* epoll(7) */

enum tactus_epoll_events {
  TACTUS_EPOLLIN = 0x001,
  TACTUS_EPOLLPRI = 0x002,
  TACTUS_EPOLLOUT = 0x004,
  TACTUS_EPOLLERR = 0x008,
  TACTUS_EPOLLHUP = 0x010,
  TACTUS_EPOLLRDHUP = 0x2000,
  TACTUS_EPOLLET = 0x80000000,
};

struct tactus_ready {
  unsigned long long tag;
  unsigned int events;
};

int tactus_epoll_create(void);
int tactus_epoll_add(int epoll, int descriptor, unsigned int events, unsigned long long tag);
int tactus_epoll_change(int epoll, int descriptor, unsigned int events, unsigned long long tag);
int tactus_epoll_remove(int epoll, int descriptor);
/* Returns the ready descriptors, up to capacity entries. Never waits. */
int tactus_epoll_take(int epoll, struct tactus_ready *ready, int capacity);

/* timerfd_create(2): close-on-exec and non-blocking */

int tactus_timer_create_wall(void);
int tactus_timer_create_monotonic(void);
/* Absolute, on the timer's clock. Two zeros disarm it. With cancel_on_set, a step of the wall clock makes the read fail
 * with ECANCELED. */
int tactus_timer_arm(int timer, long long seconds, long nanoseconds, int cancel_on_set);

/* Whether the wall clock is synchronized, adjtimex(2): 1 or 0. */
int tactus_clock_is_synchronized(void);

/* signalfd(2): close-on-exec and non-blocking. Signals are numbers from 1. */

struct tactus_signal {
  int number;
  int sender;
  unsigned int user;
};

int tactus_signal_descriptor(const int *signals, int count);
int tactus_signal_block(const int *signals, int count);
int tactus_signal_unblock(const int *signals, int count);
/* Whether this process ignores a signal: 1 or 0. */
int tactus_signal_is_ignored(int signal);
/* 1 with a signal, 0 without. */
int tactus_signal_take(int descriptor, struct tactus_signal *signal);

/* Applies the default action of a blocked signal to this process. If the signal only stops it, returns when it
 * continues. */
int tactus_signal_obey(int signal);

/* SIGTERM, or NULL for a number that is not a signal. */
const char *tactus_signal_name(int signal);

/* Descriptors: close-on-exec from their creation */

/* ends[0] is for reading, non-blocking on request. ends[1] is for writing. */
int tactus_pipe(int *ends, int nonblocking_read);
int tactus_bytes_waiting(int descriptor);
/* Copies the content of a pipe into another without consuming it. Both are non-blocking. */
long tactus_tee(int from, int to, unsigned long size);
/* Moves at most so many bytes out of a pipe. */
long tactus_splice(int from, int to, unsigned long size);
/* Opens /dev/null as 0, 1 and 2 where they are closed, so that no other file or socket gets these numbers. */
int tactus_keep_standard_descriptors(void);
/* 0 for a terminal that does not know its size. */
int tactus_terminal_columns(int descriptor);
int tactus_terminal_rows(int descriptor);
/* wcwidth(3) in a locale that knows Unicode: 0 to 2, or -1 for unprintable characters. */
int tactus_character_columns(unsigned int character);

/* Unix stream sockets, unix(7): close-on-exec and non-blocking */

struct tactus_peer {
  int process;
  unsigned int user;
  unsigned int group;
};

int tactus_unix_listen(const char *path, unsigned int mode, int backlog);
int tactus_unix_accept(int listener);
/* The connection is established before the call returns. */
int tactus_unix_connect(const char *path);
/* 0 if the path has a listener, even if its backlog is full. */
int tactus_unix_probe(const char *path, int datagrams);
/* The process that called listen(2) for the stream socket at a path. It connects to find out: -EAGAIN if the backlog is
 * full. */
int tactus_unix_listener(const char *path, struct tactus_peer *listener);
/* The path that a socket is bound to, with its final zero. ENOENT for an unbound socket or an abstract name. */
int tactus_unix_path(int socket, char *path, unsigned long capacity);
int tactus_unix_peer(int socket, struct tactus_peer *peer);
/* The peer's supplementary groups when it connected, up to capacity. Returns their number, or -ERANGE if there are
 * more. */
int tactus_unix_peer_groups(int socket, unsigned int *groups, int capacity);

/* Processes */

struct tactus_identity {
  unsigned int user;
  unsigned int group;
  const unsigned int *groups;
  unsigned long group_count;
};

struct tactus_spawn_order {
  const char *path;
  char *const *arguments;
  char *const *environment;
  const char *directory;
  int input;
  int output;
  int error;
  /* An open cgroup.procs that the child joins, or -1. */
  int cgroup;
  /* The identity that the child takes, without capabilities. NULL keeps our own. */
  const struct tactus_identity *identity;
  /* Whether the root directory replaces a missing directory. */
  int directory_may_be_missing;
  /* How long a forked child may take until its exec, in milliseconds. -1 for no limit. */
  int patience;
};

enum tactus_spawn_step {
  TACTUS_SPAWN_FORK,
  TACTUS_SPAWN_SESSION,
  TACTUS_SPAWN_CGROUP,
  TACTUS_SPAWN_OOM_SCORE,
  TACTUS_SPAWN_DESCRIPTORS,
  TACTUS_SPAWN_GROUPS,
  TACTUS_SPAWN_GROUP,
  TACTUS_SPAWN_USER,
  TACTUS_SPAWN_CAPABILITIES,
  TACTUS_SPAWN_DIRECTORY,
  TACTUS_SPAWN_EXECUTE,
};

/* The progress that a child reports, readable by any thread: its pid, or 0 before it has one; its step, a number that
 * depends on the child's purpose; the start of that step in microseconds of CLOCK_MONOTONIC. */
struct tactus_progress;
struct tactus_progress *tactus_progress_make(void);
void tactus_progress_free(struct tactus_progress *progress);
int tactus_progress_process(struct tactus_progress *progress);
int tactus_progress_step(struct tactus_progress *progress);
long long tactus_progress_since(struct tactus_progress *progress);
/* A child that has not published its pid ends as soon as it does. The caller can kill one that has. */
void tactus_progress_cancel(struct tactus_progress *progress);

/* Starts a program in its own session, with no descriptors but 0, 1 and 2, default dispositions, an empty signal mask
 * and no protection from the OOM killer. Returns its pid when the program runs. Otherwise step names the failed step.
 * If the progress then has a pid, that child has ended or is about to, and the caller reaps it. The steps of the
 * progress are those of the spawn. Without order->patience the call returns when the kernel does. */
int tactus_spawn(
    const struct tactus_spawn_order *order, struct tactus_progress *progress, enum tactus_spawn_step *step);

/* Looks at paths that may not answer */

enum tactus_look_kind {
  /* stat(2), and whether we may read and execute it. */
  TACTUS_LOOK_PATH,
  /* lstat(2) */
  TACTUS_LOOK_LINK,
  /* The first bytes of a regular file, up to the limit. */
  TACTUS_LOOK_CONTENTS,
  /* The entries of a directory in the format of getdents64(2). */
  TACTUS_LOOK_NAMES,
};

enum tactus_look_step { TACTUS_LOOK_OPEN, TACTUS_LOOK_STATUS, TACTUS_LOOK_READ };

struct tactus_look {
  const char *path;
  enum tactus_look_kind kind;
  unsigned long limit;
  /* The errno of the failed step, and that step. 0 without a failure. */
  int error;
  enum tactus_look_step step;
  unsigned int mode;
  unsigned int user;
  unsigned int group;
  /* For paths: the errno of faccessat(2), or 0 if access is allowed. */
  int read_error;
  int execute_error;
  const char *bytes;
  unsigned long size;
};

struct tactus_looks;
struct tactus_looks *tactus_looks_make(int capacity, unsigned long room_size);
void tactus_looks_free(struct tactus_looks *looks);
int tactus_looks_add(struct tactus_looks *looks, enum tactus_look_kind kind, const char *path, unsigned long limit);
/* Complete for every index below the step of the progress. */
const struct tactus_look *tactus_looks_at(const struct tactus_looks *looks, int index);
/* Looks at all entries in order while there is room for the results. The step of the progress is the number of finished
 * looks. A child that borrows our memory does the work, with the identity if one is given. Returns its pid, which the
 * caller reaps. */
int tactus_look(
    struct tactus_looks *looks, const struct tactus_identity *identity, struct tactus_progress *progress);
/* Waits for the end of such a child, which no other call can see. */
int tactus_look_reap(int child);

struct tactus_exit {
  int process;
  /* The exit code, or the signal if signaled. */
  int status;
  int signaled;
  int dumped_core;
};

/* pidfd_open(2) */
int tactus_process_descriptor(int process);
/* pidfd_send_signal(2) */
int tactus_process_signal(int descriptor, int signal);
/* 1 if the process of a pidfd has ended, whoever its parent is. 0 if it lives. */
int tactus_process_has_ended(int descriptor);
/* Reaps a child by its pidfd: 1 if it had ended, 0 if it lives. */
int tactus_child_reap(int descriptor, struct tactus_exit *exit);
/* Finds a child that has ended, without reaping it: 1 with its pid, 0 without one. */
int tactus_child_peek(struct tactus_exit *exit);
/* Reaps a child that has ended, by its pid. */
int tactus_child_discard(int process);
/* Waits for the end of a child and reaps it. */
int tactus_child_await(int process);
/* Ends an inherited ignoring of SIGCHLD, under which the kernel would reap our children. */
int tactus_keep_zombies(void);
/* prctl(2), PR_SET_CHILD_SUBREAPER */
int tactus_become_subreaper(void);

/* A pager, one at a time: a command of sh(1) that reads its input from the returned descriptor. Until it ends, SIGINT
 * and SIGQUIT end this process only after the pager. SIGPIPE is ignored from now on. */
int tactus_pager_start(const char *command, char *const *environment);
/* Closes the descriptor and waits, ignoring SIGINT and SIGQUIT. Returns the exit code, or 128 plus the signal. */
int tactus_pager_finish(void);

/* statfs(2) */
struct tactus_file_system {
  unsigned long type;
  unsigned long long free_bytes;
  unsigned long long total_bytes;
  unsigned long long files;
  unsigned long long free_files;
};

int tactus_file_system_under(const char *path, struct tactus_file_system *system);
/* The effective capabilities of this thread, one bit each: capabilities(7). */
unsigned long long tactus_capabilities(void);

/* The number of CPUs that this process may use. */
int tactus_core_count(void);

/* Limits malloc to a number of arenas, maps blocks from a size on individually, and limits the free memory at the end
 * of the heap, in bytes. Called before other threads exist. */
int tactus_allocator_economize(int arenas, int mapped, int kept);
/* Reads an extended attribute and returns its size. */
long tactus_attribute(const char *path, const char *name, void *value, unsigned long size);
/* memmem(3): returns the offset, or -1. */
long tactus_find(const void *bytes, unsigned long size, const void *needle, unsigned long needle_size);

/* Options of a command line, getopt_long(3): before or after the operands. A unique prefix abbreviates a long option.
 * */

struct tactus_option {
  const char *name;
  /* An ASCII character, or 0. */
  char letter;
  int takes_value;
};

struct tactus_given {
  /* An index into the options. */
  int option;
  const char *value;
};

enum tactus_option_fault {
  TACTUS_OPTION_UNKNOWN = -1,
  TACTUS_OPTION_WITHOUT_VALUE = -2,
  TACTUS_OPTION_WITH_VALUE = -3,
};

/* The word at fault, and the letter if it is about a letter, else 0. With a letter, the word is only near the fault. */
struct tactus_option_mistake {
  const char *word;
  unsigned char letter;
};

/* Parses all options in words, the first of which is the program, and moves the operands to the end. Returns the index
 * of the first operand, or a fault with the mistake. With stops_at_operand it parses no options after the first operand
 * and moves nothing. given has room for as many entries as words have characters. */
int tactus_options(
    int count, char **words, const struct tactus_option *options, int option_count, int stops_at_operand,
    struct tactus_given *given, int *given_count, struct tactus_option_mistake *mistake);

#endif
