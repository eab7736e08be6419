#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <time.h>

static int create(clockid_t clock) {
  int timer = timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK);
  return timer < 0 ? -errno : timer;
}

int tactus_timer_create_wall(void) { return create(CLOCK_REALTIME); }

int tactus_timer_create_monotonic(void) { return create(CLOCK_MONOTONIC); }

int tactus_timer_arm(int timer, long long seconds, long nanoseconds, int cancel_on_set) {
  struct itimerspec value = {.it_value = {.tv_sec = seconds, .tv_nsec = nanoseconds}};
  int flags = TFD_TIMER_ABSTIME | (cancel_on_set ? TFD_TIMER_CANCEL_ON_SET : 0);
  return timerfd_settime(timer, flags, &value, NULL) < 0 ? -errno : 0;
}

int tactus_clock_is_synchronized(void) {
  struct timex state = {.modes = 0};
  int answer = adjtimex(&state);
  if (answer < 0) return -errno;
  return answer != TIME_ERROR && !(state.status & STA_UNSYNC);
}
