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

int tactus_signal_take(int descriptor, struct tactus_signal *signal) {
  struct signalfd_siginfo value;
  ssize_t size = read(descriptor, &value, sizeof value);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  signal->number = (int)value.ssi_signo;
  signal->sender = (int)value.ssi_pid;
  signal->user = value.ssi_uid;
  return 1;
}
