#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

static int input = -1;
static pid_t pager = -1;

static int wait_for_pager(void) {
  int status = 0;
  while (waitpid(pager, &status, 0) < 0)
    if (errno != EINTR) return -errno;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Uses only functions that are safe in a signal handler, signal-safety(7). The signal is blocked until this returns. */
static void end_after_pager(int number) {
  close(input);
  wait_for_pager();
  signal(number, SIG_DFL);
  raise(number);
}

int tactus_pager_start(const char *command, char *const *environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  /* An interrupt between the start and the handlers would end this process first, so it is blocked. The pager inherits
   * the previous mask, and not the handlers. */
  sigset_t keys, before;
  sigemptyset(&keys);
  sigaddset(&keys, SIGINT);
  sigaddset(&keys, SIGQUIT);
  pthread_sigmask(SIG_BLOCK, &keys, &before);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &before);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
  char *const arguments[] = {"sh", "-c", (char *)command, NULL};
  int fault = posix_spawn(&pager, "/bin/sh", &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(ends[0]);
  if (fault == 0) {
    input = ends[1];
    signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {.sa_handler = end_after_pager, .sa_mask = keys};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
  } else {
    close(ends[1]);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return fault == 0 ? input : -fault;
}

int tactus_pager_finish(void) {
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  close(input);
  int status = wait_for_pager();
  signal(SIGINT, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  return status;
}
