#define _GNU_SOURCE
#include "CLinux.h"

#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>

/* getopt_long keeps its state in globals. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

enum { FIRST_LONG = 256 };

static int scan(
    int count, char **words, const struct option *longs, const char *letters, const struct tactus_option *options,
    int option_count, struct tactus_given *given, int *given_count, struct tactus_option_mistake *mistake) {
  opterr = 0;
  optind = 0;
  for (;;) {
    optopt = 0;
    int value = getopt_long(count, words, letters, longs, NULL);
    if (value == -1) return optind;
    if (value == '?' || value == ':') {
      /* Within a group of letters, optind is at their word or behind it. The letter is certain. */
      mistake->word = words[optind - 1];
      mistake->letter = optopt < FIRST_LONG ? (unsigned char)optopt : 0;
      if (value == ':') return TACTUS_OPTION_WITHOUT_VALUE;
      return optopt >= FIRST_LONG ? TACTUS_OPTION_WITH_VALUE : TACTUS_OPTION_UNKNOWN;
    }
    int option = value - FIRST_LONG;
    for (int index = 0; option < 0 && index < option_count; index++)
      if (options[index].letter == value) option = index;
    given[*given_count].option = option;
    given[*given_count].value = optarg;
    *given_count += 1;
  }
}

int tactus_options(
    int count, char **words, const struct tactus_option *options, int option_count, int stops_at_operand,
    struct tactus_given *given, int *given_count, struct tactus_option_mistake *mistake) {
  struct option *longs = calloc((size_t)option_count + 1, sizeof *longs);
  char *letters = calloc((size_t)option_count * 2 + 3, 1);
  *given_count = 0;
  int answer = TACTUS_OPTION_UNKNOWN;
  if (longs != NULL && letters != NULL) {
    /* A leading colon distinguishes a missing value from an unknown option. */
    char *letter = letters;
    if (stops_at_operand) *letter++ = '+';
    *letter++ = ':';
    for (int index = 0; index < option_count; index++) {
      longs[index].name = options[index].name;
      longs[index].has_arg = options[index].takes_value ? required_argument : no_argument;
      longs[index].val = FIRST_LONG + index;
      if (options[index].letter == 0) continue;
      *letter++ = options[index].letter;
      if (options[index].takes_value) *letter++ = ':';
    }
    pthread_mutex_lock(&lock);
    answer = scan(count, words, longs, letters, options, option_count, given, given_count, mistake);
    pthread_mutex_unlock(&lock);
  }
  free(letters);
  free(longs);
  return answer;
}
