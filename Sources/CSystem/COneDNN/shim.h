#ifndef BRAID_CONEDNN_H
#define BRAID_CONEDNN_H

#include <dnnl.h>

#endif
