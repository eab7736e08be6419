#ifndef TACTUS_CLINUX_H
#define TACTUS_CLINUX_H

/*
 * The calls of Linux that Swift cannot import, as plain declarations.
 *
 * No system header is included here: with _GNU_SOURCE headers this module would clash with CDispatch.
 * Every function answers a result of 0 or more, or a negative errno: so nothing can come between the call and the look
 * at its error.
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
/* What is ready now, up to capacity entries; never waits. */
int tactus_epoll_take(int epoll, struct tactus_ready *ready, int capacity);

/* timerfd_create(2): close-on-exec and non-blocking */

int tactus_timer_create_wall(void);
int tactus_timer_create_monotonic(void);
/* Absolute, on the timer's clock; 0 and 0 disarm. With cancel_on_set, a step of the wall clock makes the read fail with
 * ECANCELED. */
int tactus_timer_arm(int timer, long long seconds, long nanoseconds, int cancel_on_set);

/* Whether something keeps the wall clock right, adjtimex(2): 1 or 0. */
int tactus_clock_is_synchronized(void);

/* signalfd(2): close-on-exec and non-blocking; signals are numbers from 1 */

struct tactus_signal {
  int number;
  int sender;
  unsigned int user;
};

int tactus_signal_descriptor(const int *signals, int count);
int tactus_signal_block(const int *signals, int count);
int tactus_signal_unblock(const int *signals, int count);
/* Whether this process takes no notice of a signal: 1 or 0. */
int tactus_signal_is_ignored(int signal);
/* 1 with a signal, 0 when there is none. */
int tactus_signal_take(int descriptor, struct tactus_signal *signal);

/* Lets a blocked signal do to this process what it does to others; for one that only stops it, returns when it goes on. */
int tactus_signal_obey(int signal);

/* SIGTERM, or NULL for a number that is no signal. */
const char *tactus_signal_name(int signal);

/* Descriptors: close-on-exec from their creation */

/* ends[0] is read, non-blocking if wanted; ends[1] is written. */
int tactus_pipe(int *ends, int nonblocking_read);
int tactus_bytes_waiting(int descriptor);
/* Copies what a pipe has into another, both non-blocking, and takes nothing out of it. */
long tactus_tee(int from, int to, unsigned long size);
/* Moves what a pipe has elsewhere, at most so many bytes. */
long tactus_splice(int from, int to, unsigned long size);
/* Puts /dev/null in the place of 0, 1 and 2 where they are closed, so that no file or socket takes their numbers. */
int tactus_keep_standard_descriptors(void);
/* 0 for a terminal that does not know its size. */
int tactus_terminal_columns(int descriptor);
int tactus_terminal_rows(int descriptor);
/* wcwidth(3) in a locale that knows Unicode: 0 to 2, or -1 for what is not printed. */
int tactus_character_columns(unsigned int character);

/* Unix stream sockets, unix(7): close-on-exec and non-blocking */

struct tactus_peer {
  int process;
  unsigned int user;
  unsigned int group;
};

int tactus_unix_listen(const char *path, unsigned int mode, int backlog);
int tactus_unix_accept(int listener);
/* The connection is made before the call returns. */
int tactus_unix_connect(const char *path);
/* 0 if somebody listens at the path, or would if he had the time. */
int tactus_unix_probe(const char *path, int datagrams);
/* Who called listen(2) for the stream socket at a path, asked in the same way; -EAGAIN if no more connections fit into its line. */
int tactus_unix_listener(const char *path, struct tactus_peer *listener);
/* The path that a socket is bound to, with its zero; ENOENT for one without, or with an abstract name. */
int tactus_unix_path(int socket, char *path, unsigned long capacity);
int tactus_unix_peer(int socket, struct tactus_peer *peer);
/* The supplementary groups of the peer when it connected, up to capacity: how many there are; -ERANGE if there are more. */
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
  /* Whom the child becomes, without any capability; NULL lets it be whom we are. */
  const struct tactus_identity *identity;
  /* Whether the root directory will do if the directory is not there. */
  int directory_may_be_missing;
  /* How long a forked child may take to its exec, in milliseconds; -1 for as long as it likes. */
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

/* What a child under way says of itself, to any thread. Its pid, or 0 before it has one; its step, a number that depends on
 * what it does; the beginning of that step in microseconds of CLOCK_MONOTONIC. */
struct tactus_progress;
struct tactus_progress *tactus_progress_make(void);
void tactus_progress_free(struct tactus_progress *progress);
int tactus_progress_process(struct tactus_progress *progress);
int tactus_progress_step(struct tactus_progress *progress);
long long tactus_progress_since(struct tactus_progress *progress);
/* A child that has not yet said its pid ends as soon as it does; one that has is there to be killed. */
void tactus_progress_cancel(struct tactus_progress *progress);

/* Starts a program in a session of its own with nothing but descriptors 0, 1 and 2, default dispositions, an empty signal
 * mask and no protection from the OOM killer. Answers its pid when the program runs; otherwise step says where it failed, and
 * if the progress has a pid, that child has ended or is about to, and is the caller's to reap. The steps of the progress are
 * those of the spawn; without order->patience it returns when the kernel does. */
int tactus_spawn(
    const struct tactus_spawn_order *order, struct tactus_progress *progress, enum tactus_spawn_step *step);

/* Looks at paths that may not answer */

enum tactus_look_kind {
  /* stat(2), and whether we may read and execute. */
  TACTUS_LOOK_PATH,
  /* lstat(2) */
  TACTUS_LOOK_LINK,
  /* The first bytes of a regular file, up to the limit. */
  TACTUS_LOOK_CONTENTS,
  /* The entries of a directory, as getdents64(2) gives them. */
  TACTUS_LOOK_NAMES,
};

enum tactus_look_step { TACTUS_LOOK_OPEN, TACTUS_LOOK_STATUS, TACTUS_LOOK_READ };

struct tactus_look {
  const char *path;
  enum tactus_look_kind kind;
  unsigned long limit;
  /* The errno of what failed, and which step that was; 0 if nothing did. */
  int error;
  enum tactus_look_step step;
  unsigned int mode;
  unsigned int user;
  unsigned int group;
  /* Of a path: the errno of faccessat(2); 0 if we may. */
  int read_error;
  int execute_error;
  const char *bytes;
  unsigned long size;
};

struct tactus_looks;
struct tactus_looks *tactus_looks_make(int capacity, unsigned long room_size);
void tactus_looks_free(struct tactus_looks *looks);
int tactus_looks_add(struct tactus_looks *looks, enum tactus_look_kind kind, const char *path, unsigned long limit);
/* Complete for every index below the progress's step. */
const struct tactus_look *tactus_looks_at(const struct tactus_looks *looks, int index);
/* Looks at all in order, as far as there is room for what they say; the step of the progress is how many are done. A child
 * looks that borrows our memory, as the identity if that is given: answers its pid, and it is the caller's to reap. */
int tactus_look(
    struct tactus_looks *looks, const struct tactus_identity *identity, struct tactus_progress *progress);
/* Waits for the end of such a child, which no other call sees. */
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
/* 1 when the process of a pidfd has ended, whoever its parent is; 0 when it lives. */
int tactus_process_has_ended(int descriptor);
/* Reaps a child by its pidfd: 1 when it had ended, 0 when it lives. */
int tactus_child_reap(int descriptor, struct tactus_exit *exit);
/* Looks at a child that has ended, and leaves it: 1 with its pid, 0 when there is none. */
int tactus_child_peek(struct tactus_exit *exit);
/* Reaps a child that has ended by its pid. */
int tactus_child_discard(int process);
/* Waits for the end of a child and reaps it. */
int tactus_child_await(int process);
/* Undoes an inherited ignoring of SIGCHLD, with which the kernel would reap before we have asked. */
int tactus_keep_zombies(void);
/* prctl(2), PR_SET_CHILD_SUBREAPER */
int tactus_become_subreaper(void);

/* A pager, one at a time: a command of sh(1) that reads what it shows from the descriptor that is answered. Until it ends,
 * SIGINT and SIGQUIT end this process after the pager only, and SIGPIPE is ignored from now on. */
int tactus_pager_start(const char *command, char *const *environment);
/* Closes the descriptor and waits, deaf to SIGINT and SIGQUIT: answers the exit code, or 128 and the signal. */
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
/* The effective capabilities of this thread, a bit each: capabilities(7). */
unsigned long long tactus_capabilities(void);

/* CPUs that this process may use. */
int tactus_core_count(void);

/* Has malloc use at most some arenas, map blocks of a size and more one by one, and keep at most some free memory at the end of
 * its heap, in bytes; before there are other threads. */
int tactus_allocator_economize(int arenas, int mapped, int kept);
/* The value of an extended attribute: its size. */
long tactus_attribute(const char *path, const char *name, void *value, unsigned long size);
/* memmem(3): the offset, or -1. */
long tactus_find(const void *bytes, unsigned long size, const void *needle, unsigned long needle_size);

/* Options of a command line, getopt_long(3): before or after the operands, long ones by any unique beginning */

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

/* What is wrong: a word, and if it is about a letter, the letter (else 0); then the word is only near. */
struct tactus_option_mistake {
  const char *word;
  unsigned char letter;
};

/* Reads all options of words, whose first is the program, and moves the operands to the end: answers where they begin, or
 * a fault and the mistake. With stops_at_operand it reads none behind the first operand and moves nothing. given has room
 * for as many entries as words have characters. */
int tactus_options(
    int count, char **words, const struct tactus_option *options, int option_count, int stops_at_operand,
    struct tactus_given *given, int *given_count, struct tactus_option_mistake *mistake);

#endif
