/* The baseline for running commands: a bare posix_spawn loop that remembers nothing.
 *
 * bare-spawn COUNT PARALLEL PROGRAM: runs PROGRAM COUNT times, PARALLEL at once, and prints the duration in seconds. */

#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: bare-spawn COUNT PARALLEL PROGRAM\n");
    return 2;
  }
  long left = atol(argv[1]);
  long parallel = atol(argv[2]);
  char *arguments[] = {argv[3], NULL};
  long running = 0;

  double begin = now();
  while (left > 0 || running > 0) {
    if (left > 0 && running < parallel) {
      pid_t child;
      int error = posix_spawn(&child, argv[3], NULL, NULL, arguments, environ);
      if (error != 0) {
        fprintf(stderr, "bare-spawn: %s: %s\n", argv[3], strerror(error));
        return 1;
      }
      left--;
      running++;
      continue;
    }
    int status;
    if (waitpid(-1, &status, 0) < 0 || status != 0) {
      fprintf(stderr, "bare-spawn: %s failed\n", argv[3]);
      return 1;
    }
    running--;
  }
  printf("%.6f\n", now() - begin);
  return 0;
}
