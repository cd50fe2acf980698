// ALSA, without what <alsa/asoundlib.h> brings besides: the system's <fcntl.h> and <poll.h>, whose structures Swift would
// take for this module's own in whichever file it happens to see them here first.
#ifndef BRAID_CALSA_H
#define BRAID_CALSA_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pollfd;

#include <alsa/asoundef.h>
#include <alsa/version.h>
#include <alsa/global.h>
#include <alsa/input.h>
#include <alsa/output.h>
#include <alsa/error.h>
#include <alsa/conf.h>
#include <alsa/pcm.h>
#include <alsa/control.h>

#endif
