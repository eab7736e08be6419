#include <sqlite3.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/// Makes the last connection keep the -wal file when it closes; sqlite3_db_config is variadic, which Swift cannot call.
static inline int tactus_sqlite3_keep_wal(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}

/// Builds of SQLite without SQLITE_ENABLE_COLUMN_METADATA lack these two functions; messages then name less.
extern const char *sqlite3_column_table_name(sqlite3_stmt *, int) __attribute__((weak));
extern const char *sqlite3_column_origin_name(sqlite3_stmt *, int) __attribute__((weak));

/// Returns the table that a result column is read from; null for an expression.
static inline const char *tactus_sqlite3_table(sqlite3_stmt *statement, int column) {
  return sqlite3_column_table_name ? sqlite3_column_table_name(statement, column) : (const char *)0;
}

/// Returns the table column that a result column is read from; null for an expression.
static inline const char *tactus_sqlite3_origin(sqlite3_stmt *statement, int column) {
  return sqlite3_column_origin_name ? sqlite3_column_origin_name(statement, column) : (const char *)0;
}

/// The file at a path, as SQLite would find it; symbolic links are not followed.
struct tactus_store_file {
  /// Whether the path exists.
  int exists;
  /// Whether it is a regular file.
  int is_regular;
  unsigned long long device, inode;
  long long size;
  /// The first bytes, at most 100. Source: https://www.sqlite.org/fileformat.html, the database header
  unsigned char header[100];
  int header_size;
};

/// Examines a file without changing it; returns 0 also if the file is missing, otherwise an errno.
static inline int tactus_store_file_at(const char *path, int reads, struct tactus_store_file *file) {
  struct stat status;
  *file = (struct tactus_store_file){0};
  if (lstat(path, &status) < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : errno;
  file->exists = 1;
  file->is_regular = S_ISREG(status.st_mode);
  file->device = status.st_dev;
  file->inode = status.st_ino;
  file->size = status.st_size;
  if (!reads || !file->is_regular) return 0;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return errno;
  ssize_t size = pread(descriptor, file->header, sizeof file->header, 0);
  int code = size < 0 ? errno : 0;
  close(descriptor);
  file->header_size = size < 0 ? 0 : (int)size;
  return code;
}
