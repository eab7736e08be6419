#ifndef TACTUS_PROGRESS_H
#define TACTUS_PROGRESS_H

/* The progress that a child reports while its parent's thread waits for it, in shared memory. */
struct tactus_progress {
  int process;
  int canceled;
  int step;
  long long since;
};

/* Called first in the child: publishes its pid. Returns 0 if the child was canceled. The canceler reads the pid after
 * canceling, so that at least one of the two sees the other. */
int tactus_progress_publish(struct tactus_progress *progress);
/* Called in the child: begins a step. */
void tactus_progress_advance(struct tactus_progress *progress, int step);

/* ThreadSanitizer turns vfork into fork. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define VFORK_IS_FORK 1
#endif
#endif
#ifndef VFORK_IS_FORK
#define VFORK_IS_FORK 0
#endif

#endif
