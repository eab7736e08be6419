#ifndef TACTUS_PROGRESS_H
#define TACTUS_PROGRESS_H

/* What a child says of itself while its parent's thread waits for it, in memory that both have. */
struct tactus_progress {
  int process;
  int canceled;
  int step;
  long long since;
};

/* In the child, first of all: says its pid. 0 if it is not wanted any more: whoever cancels looks at the pid afterwards, so
 * that one of the two sees the other. */
int tactus_progress_publish(struct tactus_progress *progress);
/* In the child: which step begins now. */
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
