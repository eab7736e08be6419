#include <sqlite3.h>

/// Makes closing the last connection leave the -wal file as it is; sqlite3_db_config is variadic, which Swift cannot call.
static inline int tactus_sqlite3_keep_wal(sqlite3 *database) {
  return sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
