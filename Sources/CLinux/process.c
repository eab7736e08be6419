#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Missing from the headers of older supported glibc versions. */
enum { wait_for_pidfd = 3, pidfd_open_number = 434, pidfd_send_signal_number = 424 };

int tactus_process_descriptor(int process) {
  /* pidfd_open(2) always sets close-on-exec. */
  long descriptor = syscall(pidfd_open_number, process, 0U);
  return descriptor < 0 ? -errno : (int)descriptor;
}

int tactus_process_signal(int descriptor, int signal) {
  return syscall(pidfd_send_signal_number, descriptor, signal, NULL, 0U) < 0 ? -errno : 0;
}

int tactus_process_has_ended(int descriptor) {
  struct pollfd entry = {.fd = descriptor, .events = POLLIN};
  int count = poll(&entry, 1, 0);
  return count < 0 ? -errno : count > 0;
}

static int look(idtype_t type, int id, int options, struct tactus_exit *exit) {
  siginfo_t info = {.si_pid = 0};
  int answer;
  do {
    answer = waitid(type, (id_t)id, &info, WEXITED | WNOHANG | options);
  } while (answer < 0 && errno == EINTR);
  if (answer < 0) return -errno;
  if (info.si_pid == 0) return 0;
  exit->process = info.si_pid;
  exit->status = info.si_status;
  exit->signaled = info.si_code != CLD_EXITED;
  exit->dumped_core = info.si_code == CLD_DUMPED;
  return 1;
}

int tactus_child_reap(int descriptor, struct tactus_exit *exit) {
  return look((idtype_t)wait_for_pidfd, descriptor, 0, exit);
}

int tactus_child_peek(struct tactus_exit *exit) {
  int answer = look(P_ALL, 0, WNOWAIT, exit);
  return answer == -ECHILD ? 0 : answer;
}

int tactus_child_discard(int process) {
  struct tactus_exit exit;
  return look(P_PID, process, 0, &exit);
}

int tactus_child_await(int process) {
  int answer;
  do {
    answer = waitid(P_PID, (id_t)process, NULL, WEXITED);
  } while (answer < 0 && errno == EINTR);
  return answer < 0 ? -errno : 0;
}

int tactus_keep_zombies(void) {
  struct sigaction action;
  if (sigaction(SIGCHLD, NULL, &action) < 0) return -errno;
  if (action.sa_handler != SIG_IGN && !(action.sa_flags & SA_NOCLDWAIT)) return 0;
  action = (struct sigaction){.sa_handler = SIG_DFL};
  return sigaction(SIGCHLD, &action, NULL) < 0 ? -errno : 0;
}

int tactus_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) < 0 ? -errno : 0; }

unsigned long long tactus_capabilities(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{0}, {0}};
  if (syscall(SYS_capget, &header, sets) < 0) return 0;
  return sets[0].effective | (unsigned long long)sets[1].effective << 32;
}

int tactus_core_count(void) {
  cpu_set_t set;
  /* The set is too small for the CPUs of this machine, so all online CPUs count. */
  if (sched_getaffinity(0, sizeof set, &set) < 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
  return CPU_COUNT(&set);
}
