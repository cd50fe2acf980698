// libswscale and libswresample: pixels and samples.
#ifndef BRAID_CSCALE_H
#define BRAID_CSCALE_H

#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libavutil/samplefmt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>

#endif
