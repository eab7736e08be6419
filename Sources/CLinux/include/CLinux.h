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

/* signalfd(2): close-on-exec and non-blocking; signals are numbers from 1 */

struct tactus_signal {
  int number;
  int sender;
  unsigned int user;
};

int tactus_signal_descriptor(const int *signals, int count);
int tactus_signal_block(const int *signals, int count);
/* 1 with a signal, 0 when there is none. */
int tactus_signal_take(int descriptor, struct tactus_signal *signal);

/* pipe2(2): both ends close-on-exec; ends[0] is read, ends[1] is written */

int tactus_pipe(int *ends);

#endif
