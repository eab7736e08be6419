#define _GNU_SOURCE
#include "CLinux.h"

#include <locale.h>
#include <pthread.h>
#include <wchar.h>

/* wcwidth uses the thread's locale. That of this process is "C", which knows only ASCII. */
static locale_t unicode;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make(void) { unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0); }

int tactus_character_columns(unsigned int character) {
  pthread_once(&once, make);
  if (unicode == (locale_t)0) return 1;
  locale_t before = uselocale(unicode);
  int columns = wcwidth((wchar_t)character);
  uselocale(before);
  return columns;
}
