#ifndef TACTUS_CLINUX_H
#define TACTUS_CLINUX_H

/* No system header is included here: with _GNU_SOURCE headers this module would clash with CDispatch. */

int tactus_placeholder(void);

#endif
