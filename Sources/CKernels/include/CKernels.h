// The few loops over samples, pixels and values that no library has. Each is compiled for several instruction sets
// and chosen when the program is loaded; each is tested against a plain Swift reference.
#ifndef BRAID_CKERNELS_H
#define BRAID_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

#endif
