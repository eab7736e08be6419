#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CLinux.h"

/* The rights of one thread to files, credentials(7) "Filesystem user ID": neither the user nor the groups of other threads
 * change, because setfsuid and setfsgid are of the thread alone, and setgroups is called by its number. From root to somebody else
 * the kernel takes away CAP_DAC_OVERRIDE and what else is about files, and gives it back on the way back. */
struct rights {
  unsigned int user;
  unsigned int group;
  int group_count;
  gid_t *groups;
};

static int set_groups(unsigned long count, const unsigned int *groups) {
  return syscall(SYS_setgroups, count, groups) < 0 ? -errno : 0;
}

/* These answer the one before, whether they changed anything or not; one that is no number changes nothing. */
static int set_user(unsigned int user) {
  setfsuid(user);
  return (unsigned int)setfsuid((uid_t)-1) == user ? 0 : -EPERM;
}

static int set_group(unsigned int group) {
  setfsgid(group);
  return (unsigned int)setfsgid((gid_t)-1) == group ? 0 : -EPERM;
}

/* A thread that keeps the rights of somebody else must not go on: what it does next would be done as that one. */
static void give_back(struct rights *rights) {
  if (set_user(rights->user) < 0 || set_group(rights->group) < 0 ||
      set_groups((unsigned long)rights->group_count, rights->groups) < 0)
    abort();
  free(rights->groups);
}

static int take(const struct tactus_identity *identity, struct rights *rights) {
  rights->user = (unsigned int)setfsuid((uid_t)-1);
  rights->group = (unsigned int)setfsgid((gid_t)-1);
  rights->group_count = getgroups(0, NULL);
  if (rights->group_count < 0) return -errno;
  rights->groups = malloc(sizeof(gid_t) * (unsigned long)(rights->group_count + 1));
  if (rights->groups == NULL) return -ENOMEM;
  rights->group_count = getgroups(rights->group_count, rights->groups);
  int answer = rights->group_count < 0 ? -errno : set_groups(identity->group_count, identity->groups);
  if (answer < 0) {
    free(rights->groups);
    return answer;
  }
  answer = set_group(identity->group);
  if (answer == 0) answer = set_user(identity->user);
  if (answer < 0) give_back(rights);
  return answer;
}

int tactus_open_as(const struct tactus_identity *identity, const char *path, int flags) {
  struct rights rights;
  int answer = take(identity, &rights);
  if (answer < 0) return answer;
  int descriptor = open(path, flags | O_CLOEXEC);
  answer = descriptor < 0 ? -errno : descriptor;
  give_back(&rights);
  return answer;
}

int tactus_access_as(const struct tactus_identity *identity, const char *path, int mode) {
  struct rights rights;
  int answer = take(identity, &rights);
  if (answer < 0) return answer;
  answer = faccessat(AT_FDCWD, path, mode, AT_EACCESS) < 0 ? -errno : 0;
  give_back(&rights);
  return answer;
}
