#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/epoll.h>

_Static_assert((int)TACTUS_EPOLLIN == (int)EPOLLIN, "EPOLLIN");
_Static_assert((int)TACTUS_EPOLLPRI == (int)EPOLLPRI, "EPOLLPRI");
_Static_assert((int)TACTUS_EPOLLOUT == (int)EPOLLOUT, "EPOLLOUT");
_Static_assert((int)TACTUS_EPOLLERR == (int)EPOLLERR, "EPOLLERR");
_Static_assert((int)TACTUS_EPOLLHUP == (int)EPOLLHUP, "EPOLLHUP");
_Static_assert((int)TACTUS_EPOLLRDHUP == (int)EPOLLRDHUP, "EPOLLRDHUP");

enum { batch = 128 };

int tactus_epoll_create(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  return epoll < 0 ? -errno : epoll;
}

static int control(int epoll, int operation, int descriptor, unsigned int events, unsigned long long tag) {
  struct epoll_event event = {.events = events, .data.u64 = tag};
  return epoll_ctl(epoll, operation, descriptor, &event) < 0 ? -errno : 0;
}

int tactus_epoll_add(int epoll, int descriptor, unsigned int events, unsigned long long tag) {
  return control(epoll, EPOLL_CTL_ADD, descriptor, events, tag);
}

int tactus_epoll_change(int epoll, int descriptor, unsigned int events, unsigned long long tag) {
  return control(epoll, EPOLL_CTL_MOD, descriptor, events, tag);
}

int tactus_epoll_remove(int epoll, int descriptor) {
  return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0);
}

int tactus_epoll_take(int epoll, struct tactus_ready *ready, int capacity) {
  struct epoll_event events[batch];
  int count = epoll_wait(epoll, events, capacity < batch ? capacity : batch, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) {
    ready[i].tag = events[i].data.u64;
    ready[i].events = events[i].events;
  }
  return count;
}
