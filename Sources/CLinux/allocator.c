#include "CLinux.h"

#include <errno.h>
#include <malloc.h>

int tactus_allocator_economize(int arenas, int mapped, int kept) {
  /* Each call turns off an automatic adjustment of glibc: more arenas with more threads, and a higher threshold after
   * each freed large block. Source: mallopt(3) */
  int is_done = mallopt(M_ARENA_MAX, arenas) && mallopt(M_MMAP_THRESHOLD, mapped) && mallopt(M_TRIM_THRESHOLD, kept);
  return is_done ? 0 : -EINVAL;
}
