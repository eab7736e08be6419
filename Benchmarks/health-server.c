/* A target for heartbeats: answers every request with 200, for thousands of connections at once, in one thread.
 *
 * health-server: listens on a free port of 127.0.0.1, prints the port, and serves until it is killed. */

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

static void fail(const char *operation) {
  fprintf(stderr, "health-server: %s: %s\n", operation, strerror(errno));
  exit(1);
}

static int listening(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
  if (listen(descriptor, 4096) < 0) fail("listen");
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return descriptor;
}

static void watch(int poller, int descriptor) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) < 0) fail("epoll_ctl");
}

/* A heartbeat's request has no body and fits one segment, so it ends with the empty line at the end of the read bytes. */
static void serve(int descriptor) {
  char request[8192];
  ssize_t count = read(descriptor, request, sizeof request);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  int whole = count >= 4 && memcmp(request + count - 4, "\r\n\r\n", 4) == 0;
  if (!whole || write(descriptor, answer, sizeof answer - 1) < 0) close(descriptor);
}

int main(void) {
  struct rlimit descriptors;
  if (getrlimit(RLIMIT_NOFILE, &descriptors) < 0) fail("getrlimit");
  descriptors.rlim_cur = descriptors.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &descriptors) < 0) fail("setrlimit");
  signal(SIGPIPE, SIG_IGN);
  int listener = listening();
  int poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) fail("epoll_create1");
  watch(poller, listener);
  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(poller, events, 256, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int index = 0; index < count; index++) {
      if (events[index].data.fd != listener) {
        serve(events[index].data.fd);
        continue;
      }
      int client;
      while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) watch(poller, client);
    }
  }
}
