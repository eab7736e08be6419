#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static sigset_t set_of(const int *signals, int count) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
  return set;
}

int tactus_signal_descriptor(const int *signals, int count) {
  sigset_t set = set_of(signals, count);
  int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int tactus_signal_block(const int *signals, int count) {
  sigset_t set = set_of(signals, count);
  return -pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int tactus_signal_unblock(const int *signals, int count) {
  sigset_t set = set_of(signals, count);
  return -pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int tactus_signal_is_ignored(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int tactus_signal_take(int descriptor, struct tactus_signal *signal) {
  struct signalfd_siginfo value;
  ssize_t size = read(descriptor, &value, sizeof value);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  signal->number = (int)value.ssi_signo;
  signal->sender = (int)value.ssi_pid;
  signal->user = value.ssi_uid;
  return 1;
}

int tactus_signal_obey(int signal) {
  sigset_t set = set_of(&signal, 1);
  sigset_t before;
  /* Raised while blocked, delivered by unblocking. So it is delivered exactly once. */
  if (raise(signal) != 0) return -errno;
  int answer = pthread_sigmask(SIG_UNBLOCK, &set, &before);
  if (answer == 0) answer = pthread_sigmask(SIG_SETMASK, &before, NULL);
  return -answer;
}

const char *tactus_signal_name(int signal) {
  static const char *const names[] = {
      [SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",       [SIGQUIT] = "SIGQUIT",   [SIGILL] = "SIGILL",
      [SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",     [SIGBUS] = "SIGBUS",     [SIGFPE] = "SIGFPE",
      [SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1",     [SIGSEGV] = "SIGSEGV",   [SIGUSR2] = "SIGUSR2",
      [SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM",   [SIGSTKFLT] = "SIGSTKFLT",
      [SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT",     [SIGSTOP] = "SIGSTOP",   [SIGTSTP] = "SIGTSTP",
      [SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU",     [SIGURG] = "SIGURG",     [SIGXCPU] = "SIGXCPU",
      [SIGXFSZ] = "SIGXFSZ", [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF",   [SIGWINCH] = "SIGWINCH",
      [SIGIO] = "SIGIO",     [SIGPWR] = "SIGPWR",       [SIGSYS] = "SIGSYS",
  };
  if (signal < 1 || signal >= (int)(sizeof names / sizeof *names)) return NULL;
  return names[signal];
}
