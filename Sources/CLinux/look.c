#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "progress.h"

struct tactus_looks {
  struct tactus_look *looks;
  int count;
  int capacity;
  /* The results in sequence. Pages that were never written take no memory. */
  char *room;
  unsigned long room_size;
  unsigned long used;
  const struct tactus_identity *identity;
  struct tactus_progress *progress;
};

enum { stack_size = 64 << 10 };

/* If vfork is a fork, the child must share the memory that it writes to. */
static void *map(unsigned long size) {
  const int sharing = VFORK_IS_FORK ? MAP_SHARED : MAP_PRIVATE;
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

static unsigned long size_of_looks(int capacity) { return (unsigned long)(capacity + 1) * sizeof(struct tactus_look); }

struct tactus_looks *tactus_looks_make(int capacity, unsigned long room_size) {
  struct tactus_looks *looks = calloc(1, sizeof *looks);
  if (!looks) return NULL;
  looks->looks = map(size_of_looks(capacity));
  looks->capacity = capacity;
  looks->room = map(room_size);
  looks->room_size = room_size;
  if (looks->looks && looks->room) return looks;
  tactus_looks_free(looks);
  return NULL;
}

void tactus_looks_free(struct tactus_looks *looks) {
  for (int index = 0; index < looks->count; index++) free((char *)looks->looks[index].path);
  if (looks->room) munmap(looks->room, looks->room_size);
  if (looks->looks) munmap(looks->looks, size_of_looks(looks->capacity));
  free(looks);
}

int tactus_looks_add(struct tactus_looks *looks, enum tactus_look_kind kind, const char *path, unsigned long limit) {
  if (looks->count == looks->capacity) return -ENOSPC;
  char *copy = strdup(path);
  if (!copy) return -ENOMEM;
  looks->looks[looks->count++] = (struct tactus_look){.path = copy, .kind = kind, .limit = limit};
  return 0;
}

const struct tactus_look *tactus_looks_at(const struct tactus_looks *looks, int index) { return &looks->looks[index]; }

static void take(struct tactus_look *look, const struct stat *status) {
  look->mode = status->st_mode;
  look->user = status->st_uid;
  look->group = status->st_gid;
}

static void look_at(struct tactus_look *look) {
  struct stat status;
  const int answer = look->kind == TACTUS_LOOK_LINK ? lstat(look->path, &status) : stat(look->path, &status);
  look->step = TACTUS_LOOK_STATUS;
  look->error = answer < 0 ? errno : 0;
  if (answer == 0) take(look, &status);
  if (look->kind == TACTUS_LOOK_LINK || look->error == ENOENT) return;
  look->read_error = faccessat(AT_FDCWD, look->path, R_OK, AT_EACCESS) < 0 ? errno : 0;
  look->execute_error = faccessat(AT_FDCWD, look->path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* Reads as much as fits: up to the limit, or a whole directory. */
static int fill(struct tactus_looks *looks, struct tactus_look *look, int file) {
  char *start = looks->room + looks->used;
  const unsigned long limit = look->kind == TACTUS_LOOK_NAMES ? looks->room_size - looks->used : look->limit;
  while (look->size < limit) {
    const long size = look->kind == TACTUS_LOOK_NAMES
                          ? syscall(SYS_getdents64, file, start + look->size, limit - look->size)
                          : read(file, start + look->size, limit - look->size);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno;
    if (size == 0) break;
    look->size += (unsigned long)size;
  }
  look->bytes = start;
  looks->used += look->size;
  return 0;
}

static void look_into(struct tactus_looks *looks, struct tactus_look *look) {
  const int is_directory = look->kind == TACTUS_LOOK_NAMES;
  look->step = TACTUS_LOOK_OPEN;
  const int file = open(look->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (is_directory ? O_DIRECTORY : O_NONBLOCK));
  if (file < 0) {
    look->error = errno;
    return;
  }
  struct stat status;
  look->step = TACTUS_LOOK_STATUS;
  if (fstat(file, &status) < 0) {
    look->error = errno;
  } else {
    take(look, &status);
    look->step = TACTUS_LOOK_READ;
    /* A FIFO is refused instead of waited for. */
    if (!is_directory && !S_ISREG(status.st_mode)) {
      look->error = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
    } else {
      look->error = fill(looks, look, file);
    }
  }
  close(file);
}

/* Direct system calls, because glibc's wrappers change all threads of the process by signals. Only the file system user
 * changes. The child otherwise keeps our user, so that processes of the other user cannot stop it. */
static int act(const struct tactus_identity *identity) {
  if (syscall(SYS_setgroups, identity->group_count, identity->groups) < 0) return errno;
  syscall(SYS_setfsgid, identity->group);
  syscall(SYS_setfsuid, identity->user);
  /* Both return the previous value, whether they succeed or not. */
  return (unsigned int)syscall(SYS_setfsuid, -1) == identity->user ? 0 : EPERM;
}

static void look_at_all(struct tactus_looks *looks) {
  const int error = looks->identity ? act(looks->identity) : 0;
  for (int index = 0; index < looks->count; index++) {
    struct tactus_look *look = &looks->looks[index];
    tactus_progress_advance(looks->progress, index);
    const int reads = look->kind == TACTUS_LOOK_CONTENTS;
    /* A directory reserves half of the room. Looks that do not fit are requested again. */
    const unsigned long need = reads ? look->limit : look->kind == TACTUS_LOOK_NAMES ? looks->room_size / 2 : 0;
    if (need > looks->room_size - looks->used) return;
    if (error) {
      look->error = error;
    } else if (reads || look->kind == TACTUS_LOOK_NAMES) {
      look_into(looks, look);
    } else {
      look_at(look);
    }
  }
  tactus_progress_advance(looks->progress, looks->count);
}

/* Runs in its own process, which borrows our memory. A thread that waits in a file system cannot be killed, and would
 * keep the whole process from ending. This code neither allocates nor locks, so that it can be killed anywhere. */
static int lend(void *argument) {
  struct tactus_looks *looks = argument;
#ifdef SYS_close_range
  /* Its copies of our descriptors would live as long as it waits: our lock, our sockets, and the pipe that our output
   * goes to. */
  syscall(SYS_close_range, 0U, ~0U, 0U);
#endif
  if (tactus_progress_publish(looks->progress)) look_at_all(looks);
  _exit(0);
}

int tactus_look(
    struct tactus_looks *looks, const struct tactus_identity *identity, struct tactus_progress *progress) {
  looks->identity = identity;
  looks->progress = progress;
  _Alignas(16) char stack[stack_size];
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  /* Without a signal at its end, so that only this thread sees it as a child. */
  const int child = VFORK_IS_FORK ? fork() : clone(lend, stack + sizeof stack, CLONE_VM | CLONE_VFORK, looks);
  if (VFORK_IS_FORK && child == 0) lend(looks);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  /* Waits for the end, as a vfork does. Another caller may have reaped it already. */
  if (VFORK_IS_FORK && child > 0) {
    siginfo_t end;
    while (waitid(P_PID, (id_t)child, &end, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
  }
  return child < 0 ? -error : child;
}

int tactus_look_reap(int child) {
  int answer;
  do {
    answer = waitpid(child, NULL, __WALL);
  } while (answer < 0 && errno == EINTR);
  return answer < 0 ? -errno : 0;
}
