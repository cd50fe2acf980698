// FFmpeg 5.1: demuxing, decoding, devices and filters. Macros that Swift cannot import are given as functions.
#ifndef BRAID_CFFMPEG_H
#define BRAID_CFFMPEG_H

#include <libavcodec/avcodec.h>
#include <libavdevice/version.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/channel_layout.h>
#include <libavutil/dict.h>
#include <libavutil/display.h>
#include <libavutil/error.h>
#include <libavutil/imgutils.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>

#include <dlfcn.h>

#define BRAID_TEXT(number) #number
#define BRAID_LIBRARY(name, version) "lib" name ".so." BRAID_TEXT(version)

// libavdevice's av_input_video_device_next. The library, with more than a hundred that it needs, is loaded at the first call: most
// sessions have no device. NULL also where it cannot be loaded.
static inline const AVInputFormat *braid_next_device_reader(const AVInputFormat *previous) {
  void *library = dlopen(BRAID_LIBRARY("avdevice", LIBAVDEVICE_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) return NULL;
  const AVInputFormat *(*next)(const AVInputFormat *);
  *(void **)&next = dlsym(library, "av_input_video_device_next");
  return next ? next(previous) : NULL;
}

static const int64_t braid_AV_NOPTS_VALUE = AV_NOPTS_VALUE;
static const int braid_AVERROR_EOF = AVERROR_EOF;
static const int braid_AVERROR_EAGAIN = AVERROR(EAGAIN);
static const int braid_AVERROR_EXIT = AVERROR_EXIT;
static const int braid_AVERROR_INVALIDDATA = AVERROR_INVALIDDATA;
static const int braid_AVERROR_PROTOCOL_NOT_FOUND = AVERROR_PROTOCOL_NOT_FOUND;
static const int braid_AVERROR_DEMUXER_NOT_FOUND = AVERROR_DEMUXER_NOT_FOUND;
static const int braid_AVERROR_HTTP_UNAUTHORIZED = AVERROR_HTTP_UNAUTHORIZED;
static const int braid_AVERROR_HTTP_FORBIDDEN = AVERROR_HTTP_FORBIDDEN;
static const int braid_AVERROR_HTTP_NOT_FOUND = AVERROR_HTTP_NOT_FOUND;


static const unsigned braid_LIBAVFORMAT_VERSION_INT = LIBAVFORMAT_VERSION_INT;
static const unsigned braid_LIBAVCODEC_VERSION_INT = LIBAVCODEC_VERSION_INT;
static const unsigned braid_LIBAVUTIL_VERSION_INT = LIBAVUTIL_VERSION_INT;

#endif
