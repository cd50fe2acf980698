// Cairo: shapes and text on pictures.
#ifndef BRAID_CCAIRO_H
#define BRAID_CCAIRO_H

#include <cairo.h>

#endif
