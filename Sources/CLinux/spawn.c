#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ThreadSanitizer turns vfork into fork: the parent does not wait for the exec, and shares no memory with the child. Then
 * the child's report comes through a pipe, whose end of file says that the program runs. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VFORK_IS_FORK 1
#endif
#endif

struct report {
  enum tactus_spawn_step step;
  int error;
};

struct child {
  const struct tactus_spawn_order *order;
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

/* Out of the way of 0, 1 and 2, which the others are about to become. */
static int lifted(int descriptor) { return descriptor > 2 ? descriptor : fcntl(descriptor, F_DUPFD_CLOEXEC, 3); }

/* By the system call itself, because glibc's sigaction refuses its own signals 32 and 33, which its posix_spawn leaves
 * ignored in every child, and so in ours. */
static void default_dispositions(void) {
  /* All zero is SIG_DFL with no flags, whatever the order of the fields in the kernel's structure. */
  static const unsigned long action[8];
  const size_t mask_size = (NSIG - 1) / 8;
  for (int signal = 1; signal < NSIG; signal++) syscall(SYS_rt_sigaction, signal, action, NULL, mask_size);
}

/* In the child, which after vfork borrows the parent's memory: nothing here allocates, locks or writes globals. */
static _Noreturn __attribute__((noinline)) void run(const struct child *child) {
  const struct tactus_spawn_order *order = child->order;
  if (setsid() < 0) fail(child, TACTUS_SPAWN_SESSION);
  if (order->cgroup >= 0 && write(order->cgroup, "0", 1) < 0) fail(child, TACTUS_SPAWN_CGROUP);
  if (chdir(order->directory) < 0) fail(child, TACTUS_SPAWN_DIRECTORY);

  int input = lifted(order->input), output = lifted(order->output), error = lifted(order->error);
  if (input < 0 || output < 0 || error < 0) fail(child, TACTUS_SPAWN_DESCRIPTORS);
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(error, 2) < 0) fail(child, TACTUS_SPAWN_DESCRIPTORS);
#ifdef SYS_close_range
  /* The belt beside O_CLOEXEC, for what the daemon inherited itself or a library forgot. Marked rather than closed,
   * because the report's pipe has to live until the exec. An older kernel answers ENOSYS: the braces hold. */
  const unsigned int close_on_exec = 1U << 2; /* CLOSE_RANGE_CLOEXEC */
  syscall(SYS_close_range, 3U, ~0U, close_on_exec);
#endif

  /* Dispositions before the mask, because no handler of the parent may run in its borrowed memory. */
  default_dispositions();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);

  execve(order->path, order->arguments, order->environment);
  fail(child, TACTUS_SPAWN_EXECUTE);
}

/* Waits for the exec where vfork does not, and fetches the report. */
static void await(int *ends, volatile struct report *report) {
  struct report told;
  close(ends[1]);
  ssize_t size;
  do {
    size = read(ends[0], &told, sizeof told);
  } while (size < 0 && errno == EINTR);
  close(ends[0]);
  if (size != (ssize_t)sizeof told) return;
  report->step = told.step;
  report->error = told.error;
}

int tactus_spawn(const struct tactus_spawn_order *order, enum tactus_spawn_step *step) {
  volatile struct report report = {TACTUS_SPAWN_FORK, 0};
  int ends[2] = {-1, -1};
  *step = TACTUS_SPAWN_FORK;
#ifdef VFORK_IS_FORK
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
#endif
  struct child child = {order, &report, ends[1]};

  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = vfork();
  if (pid == 0) run(&child);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);

  if (ends[0] >= 0) await(ends, &report);
  if (pid < 0) return -error;
  if (report.error == 0) return pid;
  while (waitid(P_PID, (id_t)pid, NULL, WEXITED) < 0 && errno == EINTR) {
  }
  *step = report.step;
  return -report.error;
}
