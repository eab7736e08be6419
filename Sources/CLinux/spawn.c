#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "progress.h"

/* A child that switches users is forked. After vfork it would be a process of that user in our memory, and other
 * processes of that user could stop it before its exec, which would block us. ThreadSanitizer also turns vfork into
 * fork. A forked child reports through a pipe. End of file on the pipe means that the program runs. */

/* The number of the report pipe in the child. */
enum { report_descriptor = 3 };

struct report {
  enum tactus_spawn_step step;
  int error;
};

struct child {
  const struct tactus_spawn_order *order;
  struct tactus_progress *progress;
  volatile struct report *report;
  int pipe;
};

static _Noreturn void fail(const struct child *child, enum tactus_spawn_step step) {
  struct report report = {step, errno};
  if (child->pipe >= 0) {
    /* One small write into an empty pipe is never short. */
    ssize_t written = write(child->pipe, &report, sizeof report);
    (void)written;
  } else {
    child->report->step = report.step;
    child->report->error = report.error;
  }
  _exit(127);
}

/* Moves a descriptor above the numbers that others will take. */
static int lifted(int descriptor) {
  return descriptor > report_descriptor ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, report_descriptor + 1);
}

/* A direct system call, because glibc's sigaction refuses its internal signals 32 and 33. glibc's posix_spawn leaves
 * these ignored in every child, and so in ours. */
static void default_dispositions(void) {
  /* All zero is SIG_DFL without flags, whatever the order of the fields in the kernel's structure. */
  static const unsigned long action[8];
  const size_t mask_size = (NSIG - 1) / 8;
  for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, action, NULL, mask_size);
}

/* The daemon may be protected from the OOM killer, but its jobs must not be. Raising the score is always allowed. A
 * score that is already raised stays as it is. */
static int unprotect(void) {
  char sign = 0;
  int file = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);
  /* Without /proc it was not set through there. */
  if (file < 0) return errno == ENOENT ? 0 : -1;
  ssize_t size = read(file, &sign, 1);
  close(file);
  if (size != 1 || sign != '-') return 0;
  file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file < 0) return -1;
  size = write(file, "0", 1);
  int error = errno;
  close(file);
  errno = error;
  return size == 1 ? 0 : -1;
}

/* Programs that use select(2) fail with descriptors above 1023. Others can raise the soft limit to the hard limit
 * themselves. systemd sets the same soft limit for units, systemd.exec(5) "LimitNOFILE=". */
static void limit_descriptors(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur <= FD_SETSIZE) return;
  files.rlim_cur = FD_SETSIZE;
  setrlimit(RLIMIT_NOFILE, &files);
}

/* Direct system calls, because glibc's wrappers change all threads of the process by signals. */
static void become(const struct child *child, const struct tactus_identity *identity) {
  /* Jobs must not inherit the daemon's right to higher priority. Giving it up is always allowed. */
  setrlimit(RLIMIT_NICE, &(struct rlimit){0, 0});
  if (syscall(SYS_setgroups, identity->group_count, identity->groups) < 0) fail(child, TACTUS_SPAWN_GROUPS);
  if (syscall(SYS_setresgid, identity->group, identity->group, identity->group) < 0) fail(child, TACTUS_SPAWN_GROUP);
  if (syscall(SYS_setresuid, identity->user, identity->user, identity->user) < 0) fail(child, TACTUS_SPAWN_USER);
  /* The kernel clears no capability on a change between two users other than root: capabilities(7), "Effect of user ID
   * changes on capabilities". */
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL) < 0 || syscall(SYS_capset, &header, none) < 0)
    fail(child, TACTUS_SPAWN_CAPABILITIES);
}

/* Keeps only 0, 1, 2 and the report pipe. The others are closed now instead of by the exec: a child whose exec waits
 * for a file system would hold copies of the daemon's lock and sockets. An older kernel returns ENOSYS. The exec then
 * closes them, because all are close-on-exec. */
static void keep_standard_descriptors(struct child *child, int input, int output, int error) {
  int pipe = child->pipe < 0 ? -1 : lifted(child->pipe);
  if (input < 0 || output < 0 || error < 0 || (child->pipe >= 0 && pipe < 0)) fail(child, TACTUS_SPAWN_DESCRIPTORS);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) fail(child, TACTUS_SPAWN_DESCRIPTORS);
  unsigned int first = report_descriptor;
  if (pipe >= 0) {
    if (dup3(pipe, report_descriptor, O_CLOEXEC) < 0) fail(child, TACTUS_SPAWN_DESCRIPTORS);
    child->pipe = report_descriptor;
    first++;
  }
#ifdef SYS_close_range
  syscall(SYS_close_range, first, ~0U, 0U);
#endif
}

static void enter(const struct child *child) {
  const struct tactus_spawn_order *order = child->order;
  tactus_progress_advance(child->progress, TACTUS_SPAWN_DIRECTORY);
  if (chdir(order->directory) == 0) return;
  const int is_missing = errno == ENOENT || errno == ENOTDIR;
  if (!order->directory_may_be_missing || !is_missing || chdir("/") < 0) fail(child, TACTUS_SPAWN_DIRECTORY);
}

/* Runs in the child, which after vfork borrows the parent's memory. Nothing here allocates, locks or writes globals. */
static _Noreturn __attribute__((noinline)) void run(struct child *child) {
  const struct tactus_spawn_order *order = child->order;
  errno = ECANCELED;
  if (!tactus_progress_publish(child->progress)) fail(child, TACTUS_SPAWN_FORK);
  if (setsid() < 0) fail(child, TACTUS_SPAWN_SESSION);
  if (order->cgroup >= 0 && write(order->cgroup, "0", 1) < 0) fail(child, TACTUS_SPAWN_CGROUP);
  if (unprotect() < 0) fail(child, TACTUS_SPAWN_OOM_SCORE);
  keep_standard_descriptors(child, lifted(order->input), lifted(order->output), lifted(order->error));

  /* Dispositions before the mask, because no handler of the parent may run in its borrowed memory. */
  default_dispositions();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  /* After the last descriptor was opened. */
  limit_descriptors();
  if (order->identity) become(child, order->identity);
  /* With the job's rights, which may reach directories that ours do not. */
  enter(child);
  tactus_progress_advance(child->progress, TACTUS_SPAWN_EXECUTE);
  execve(order->path, order->arguments, order->environment);
  fail(child, TACTUS_SPAWN_EXECUTE);
}

/* Waits for the exec of a forked child and reads its report. Kills the child if the time is up. */
static void await(pid_t pid, int *ends, int patience, volatile struct report *report) {
  struct report told;
  close(ends[1]);
  struct pollfd entry = {.fd = ends[0], .events = POLLIN};
  int count;
  do {
    count = poll(&entry, 1, patience);
  } while (count < 0 && errno == EINTR);
  ssize_t size = 0;
  if (count == 0) {
    kill(pid, SIGKILL);
    report->step = TACTUS_SPAWN_EXECUTE;
    report->error = ETIMEDOUT;
  } else {
    do {
      size = read(ends[0], &told, sizeof told);
    } while (size < 0 && errno == EINTR);
  }
  close(ends[0]);
  if (size != (ssize_t)sizeof told) return;
  report->step = told.step;
  report->error = told.error;
}

int tactus_spawn(
    const struct tactus_spawn_order *order, struct tactus_progress *progress, enum tactus_spawn_step *step) {
  volatile struct report report = {TACTUS_SPAWN_FORK, 0};
  int ends[2] = {-1, -1};
  const int forks = VFORK_IS_FORK || order->identity;
  *step = TACTUS_SPAWN_FORK;
  if (forks && pipe2(ends, O_CLOEXEC) < 0) return -errno;
  struct child child = {order, progress, &report, ends[1]};

  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = forks ? fork() : vfork();
  if (pid == 0) run(&child);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);

  if (pid < 0) {
    if (forks) close(ends[0]), close(ends[1]);
    return -error;
  }
  /* A forked child may not have published its pid yet. */
  __atomic_store_n(&progress->process, (int)pid, __ATOMIC_SEQ_CST);
  if (forks) await(pid, ends, order->patience, &report);
  if (report.error == 0) return pid;
  *step = report.step;
  return -report.error;
}
