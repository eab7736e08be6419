#include "CLinux.h"

int tactus_placeholder(void) { return 0; }
