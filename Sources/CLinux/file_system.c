#include "CLinux.h"

#include <errno.h>
#include <sys/vfs.h>

int tactus_file_system_under(const char *path, struct tactus_file_system *system) {
  struct statfs status;
  if (statfs(path, &status) < 0) return -errno;
  unsigned long long block = (unsigned long long)status.f_bsize;
  system->type = (unsigned long)status.f_type;
  system->free_bytes = status.f_bavail * block;
  system->total_bytes = status.f_blocks * block;
  system->files = status.f_files;
  system->free_files = status.f_ffree;
  return 0;
}
