#ifndef BRAID_CALSA_H
#define BRAID_CALSA_H

#include <alsa/asoundlib.h>

#endif
