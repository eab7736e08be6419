#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

int tactus_pipe(int *ends, int nonblocking_read) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  /* A new pipe has no other flags to keep. */
  if (nonblocking_read) fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return 0;
}

int tactus_bytes_waiting(int descriptor) {
  int count = 0;
  return ioctl(descriptor, FIONREAD, &count) < 0 ? -errno : count;
}

long tactus_tee(int from, int to, unsigned long size) {
  ssize_t copied = tee(from, to, size, SPLICE_F_NONBLOCK);
  return copied < 0 ? -errno : copied;
}

long tactus_splice(int from, int to, unsigned long size) {
  ssize_t moved = splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK);
  return moved < 0 ? -errno : moved;
}

int tactus_terminal_columns(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) < 0 ? -errno : size.ws_col;
}

int tactus_terminal_rows(int descriptor) {
  struct winsize size;
  return ioctl(descriptor, TIOCGWINSZ, &size) < 0 ? -errno : size.ws_row;
}

long tactus_attribute(const char *path, const char *name, void *value, unsigned long size) {
  ssize_t length = getxattr(path, name, value, size);
  return length < 0 ? -errno : length;
}

long tactus_find(const void *bytes, unsigned long size, const void *needle, unsigned long needle_size) {
  const char *found = memmem(bytes, size, needle, needle_size);
  return found == NULL ? -1 : found - (const char *)bytes;
}

int tactus_keep_standard_descriptors(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    if (errno != EBADF) return -errno;
    /* Opened for the opposite direction, so that reading a closed input and writing to a closed output still fail. */
    int opened = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY);
    if (opened < 0) return -errno;
    if (opened != descriptor) return -EBADF;
  }
  return 0;
}
