/* The baseline for the store: a bare SQLite loop with the settings of the store (WAL, synchronous=FULL).
 *
 * commit-loop FILE SECONDS ROWS: inserts for SECONDS in transactions of ROWS rows, and prints the rows per second. */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static sqlite3 *db;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(void) {
  fprintf(stderr, "commit-loop: %s\n", sqlite3_errmsg(db));
  exit(1);
}

static void run(const char *sql) {
  if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail();
}

static void step(sqlite3_stmt *statement) {
  if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK) fail();
}

static sqlite3_stmt *prepare(const char *sql) {
  sqlite3_stmt *statement;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) fail();
  return statement;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: commit-loop FILE SECONDS ROWS\n");
    return 2;
  }
  double seconds = atof(argv[2]);
  long rows = atol(argv[3]);
  if (sqlite3_open(argv[1], &db) != SQLITE_OK) fail();
  run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT) STRICT");
  sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE");
  sqlite3_stmt *insert = prepare("INSERT INTO row (text) VALUES ('about as long as a small row of the jobs table is')");
  sqlite3_stmt *commit = prepare("COMMIT");

  double start = now(), end = start + seconds, last = start;
  long written = 0;
  while (last < end) {
    step(begin);
    for (long row = 0; row < rows; row++) step(insert);
    step(commit);
    written += rows;
    last = now();
  }
  printf("%.1f\n", (double)written / (last - start));
  return 0;
}
