// Video4Linux2's questions to a device, as functions: its requests are macros, which Swift cannot import.
// Every call returns 0, or errno. https://docs.kernel.org/userspace-api/media/v4l/v4l2.html
#ifndef BRAID_CV4L2_H
#define BRAID_CV4L2_H

#include <stdbool.h>
#include <stdint.h>

/// What a device node is: VIDIOC_QUERYCAP.
typedef struct {
  char driver[17];
  char card[33];
  char bus[33];
  /// It gives pictures (V4L2_CAP_VIDEO_CAPTURE of this node, not of the whole device).
  bool captures;
  /// Its buffers can be mapped (V4L2_CAP_STREAMING).
  bool streams;
} braid_v4l2_identity;

/// A pixel format or codec: VIDIOC_ENUM_FMT.
typedef struct {
  uint32_t fourcc;
  char description[33];
  bool is_compressed;
  /// Made by a library out of another format.
  bool is_emulated;
} braid_v4l2_format;

/// A size, or a range of them: VIDIOC_ENUM_FRAMESIZES. In a range, `step` is what sizes differ by; else it is 0.
typedef struct {
  uint32_t min_width, max_width, step_width;
  uint32_t min_height, max_height, step_height;
} braid_v4l2_size;

/// An interval between frames in seconds, or a range of them: VIDIOC_ENUM_FRAMEINTERVALS. `is_range`: anything from the shortest
/// to the longest; else both are the same.
typedef struct {
  bool is_range;
  uint32_t shortest_numerator, shortest_denominator;
  uint32_t longest_numerator, longest_denominator;
} braid_v4l2_interval;

/// What the device is set to: VIDIOC_G_FMT and VIDIOC_G_PARM. An interval of 0/0 is not known.
typedef struct {
  uint32_t width, height, fourcc;
  uint32_t interval_numerator, interval_denominator;
} braid_v4l2_setting;

/// Opens a node without waiting for anything; -1 with errno set where that fails.
int braid_v4l2_open(const char *path);

int braid_v4l2_identify(int descriptor, braid_v4l2_identity *identity);

/// The format at `index`; EINVAL behind the last.
int braid_v4l2_get_format(int descriptor, uint32_t index, braid_v4l2_format *format);

/// The size at `index` of a format; EINVAL behind the last, ENOTTY where the driver does not say.
int braid_v4l2_get_size(int descriptor, uint32_t fourcc, uint32_t index, braid_v4l2_size *size);

/// The interval at `index` of a format and size; EINVAL behind the last, ENOTTY where the driver does not say.
int braid_v4l2_get_interval(
    int descriptor, uint32_t fourcc, uint32_t width, uint32_t height, uint32_t index, braid_v4l2_interval *interval);

int braid_v4l2_get_setting(int descriptor, braid_v4l2_setting *setting);

/// EBUSY while another open file has the device's buffers. Takes none itself.
int braid_v4l2_probe_buffers(int descriptor);

#endif
