#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  size_t length = strlen(path);
  if (length == 0) return -EINVAL;
  if (length >= sizeof address->sun_path) return -ENAMETOOLONG;
  memcpy(address->sun_path, path, length);
  return 0;
}

static int closing(int descriptor, int answer) {
  close(descriptor);
  return answer;
}

/* Connects and closes again: 0 if there is a listener. EAGAIN means a full backlog, EACCES another user's socket. */
static int probe(const struct sockaddr_un *address, int type) {
  int client = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client < 0) return -errno;
  int answer = connect(client, (const struct sockaddr *)address, sizeof *address);
  return closing(client, answer < 0 && errno != EAGAIN ? -errno : 0);
}

/* Removes the socket at an address if it has no listener. */
static int remove_stale(const struct sockaddr_un *address) {
  struct stat status;
  if (lstat(address->sun_path, &status) < 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(status.st_mode)) return -EEXIST;
  int answer = probe(address, SOCK_STREAM);
  if (answer != -ECONNREFUSED) return answer == 0 ? -EADDRINUSE : answer;
  return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

int tactus_unix_listen(const char *path, unsigned int mode, int backlog) {
  struct sockaddr_un address;
  int answer = address_of(path, &address);
  if (answer < 0) return answer;
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return -errno;
  /* Before bind, which uses this mode. So others can connect at no time. */
  if (fchmod(listener, mode) < 0) return closing(listener, -errno);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) {
    if (errno != EADDRINUSE) return closing(listener, -errno);
    answer = remove_stale(&address);
    if (answer < 0) return closing(listener, answer);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) return closing(listener, -errno);
  }
  /* Again after bind, because the umask may have removed bits. */
  if (chmod(path, mode) < 0 || listen(listener, backlog) < 0) return closing(listener, -errno);
  return listener;
}

int tactus_unix_accept(int listener) {
  int socket = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return socket < 0 ? -errno : socket;
}

int tactus_unix_connect(const char *path) {
  struct sockaddr_un address;
  int answer = address_of(path, &address);
  if (answer < 0) return answer;
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0) return -errno;
  do {
    answer = connect(client, (struct sockaddr *)&address, sizeof address);
  } while (answer < 0 && errno == EINTR);
  return answer < 0 ? closing(client, -errno) : client;
}

int tactus_unix_probe(const char *path, int datagrams) {
  struct sockaddr_un address;
  int answer = address_of(path, &address);
  return answer < 0 ? answer : probe(&address, datagrams ? SOCK_DGRAM : SOCK_STREAM);
}

int tactus_unix_listener(const char *path, struct tactus_peer *listener) {
  struct sockaddr_un address;
  int answer = address_of(path, &address);
  if (answer < 0) return answer;
  /* Non-blocking, because the connection may never be accepted. */
  int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (client < 0) return -errno;
  if (connect(client, (struct sockaddr *)&address, sizeof address) < 0) return closing(client, -errno);
  return closing(client, tactus_unix_peer(client, listener));
}

int tactus_unix_path(int socket, char *path, unsigned long capacity) {
  struct sockaddr_un address = {0};
  socklen_t size = sizeof address;
  if (getsockname(socket, (struct sockaddr *)&address, &size) < 0) return -errno;
  size_t length = strnlen(address.sun_path, sizeof address.sun_path);
  if (address.sun_family != AF_UNIX || length == 0) return -ENOENT;
  if (length >= capacity) return -ENAMETOOLONG;
  memcpy(path, address.sun_path, length);
  path[length] = 0;
  return 0;
}

int tactus_unix_peer_groups(int socket, unsigned int *groups, int capacity) {
  socklen_t size = (socklen_t)capacity * sizeof *groups;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) return -errno;
  return (int)(size / sizeof *groups);
}

int tactus_unix_peer(int socket, struct tactus_peer *peer) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return -errno;
  peer->process = credentials.pid;
  peer->user = credentials.uid;
  peer->group = credentials.gid;
  return 0;
}
