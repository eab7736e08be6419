#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

struct tactus_progress *tactus_progress_make(void) {
  /* Shared, so that it also works with a forked child. */
  void *page = mmap(NULL, sizeof(struct tactus_progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? NULL : page;
}

void tactus_progress_free(struct tactus_progress *progress) { munmap(progress, sizeof *progress); }

int tactus_progress_process(struct tactus_progress *progress) {
  return __atomic_load_n(&progress->process, __ATOMIC_SEQ_CST);
}

int tactus_progress_step(struct tactus_progress *progress) { return __atomic_load_n(&progress->step, __ATOMIC_ACQUIRE); }

long long tactus_progress_since(struct tactus_progress *progress) {
  return __atomic_load_n(&progress->since, __ATOMIC_ACQUIRE);
}

void tactus_progress_cancel(struct tactus_progress *progress) {
  __atomic_store_n(&progress->canceled, 1, __ATOMIC_SEQ_CST);
}

int tactus_progress_publish(struct tactus_progress *progress) {
  __atomic_store_n(&progress->process, (int)getpid(), __ATOMIC_SEQ_CST);
  return !__atomic_load_n(&progress->canceled, __ATOMIC_SEQ_CST);
}

void tactus_progress_advance(struct tactus_progress *progress, int step) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  __atomic_store_n(&progress->since, now.tv_sec * 1000000LL + now.tv_nsec / 1000, __ATOMIC_RELEASE);
  __atomic_store_n(&progress->step, step, __ATOMIC_RELEASE);
}
