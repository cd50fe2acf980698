#define _GNU_SOURCE
#include "CV4L2.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>

static int request(int descriptor, unsigned long code, void *argument) {
  int status;
  do {
    status = ioctl(descriptor, code, argument);
  } while (status < 0 && errno == EINTR);
  return status < 0 ? errno : 0;
}

static void copy(char *target, size_t capacity, const void *source, size_t length) {
  if (length >= capacity) length = capacity - 1;
  memcpy(target, source, length);
  target[length] = 0;
}

int braid_v4l2_open(const char *path) { return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC); }

int braid_v4l2_identify(int descriptor, braid_v4l2_identity *identity) {
  struct v4l2_capability capability = {0};
  int error = request(descriptor, VIDIOC_QUERYCAP, &capability);
  if (error) return error;
  uint32_t node =
      capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  copy(identity->driver, sizeof identity->driver, capability.driver, sizeof capability.driver);
  copy(identity->card, sizeof identity->card, capability.card, sizeof capability.card);
  copy(identity->bus, sizeof identity->bus, capability.bus_info, sizeof capability.bus_info);
  identity->captures = node & V4L2_CAP_VIDEO_CAPTURE;
  identity->streams = node & V4L2_CAP_STREAMING;
  return 0;
}

int braid_v4l2_get_format(int descriptor, uint32_t index, braid_v4l2_format *format) {
  struct v4l2_fmtdesc description = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  int error = request(descriptor, VIDIOC_ENUM_FMT, &description);
  if (error) return error;
  format->fourcc = description.pixelformat;
  copy(format->description, sizeof format->description, description.description, sizeof description.description);
  format->is_compressed = description.flags & V4L2_FMT_FLAG_COMPRESSED;
  format->is_emulated = description.flags & V4L2_FMT_FLAG_EMULATED;
  return 0;
}

int braid_v4l2_get_size(int descriptor, uint32_t fourcc, uint32_t index, braid_v4l2_size *size) {
  struct v4l2_frmsizeenum sizes = {.index = index, .pixel_format = fourcc};
  int error = request(descriptor, VIDIOC_ENUM_FRAMESIZES, &sizes);
  if (error) return error;
  if (sizes.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
    *size = (braid_v4l2_size){
        .min_width = sizes.discrete.width,
        .max_width = sizes.discrete.width,
        .min_height = sizes.discrete.height,
        .max_height = sizes.discrete.height};
  } else {
    *size = (braid_v4l2_size){
        .min_width = sizes.stepwise.min_width,
        .max_width = sizes.stepwise.max_width,
        .step_width = sizes.stepwise.step_width ? sizes.stepwise.step_width : 1,
        .min_height = sizes.stepwise.min_height,
        .max_height = sizes.stepwise.max_height,
        .step_height = sizes.stepwise.step_height ? sizes.stepwise.step_height : 1};
  }
  return 0;
}

int braid_v4l2_get_interval(
    int descriptor, uint32_t fourcc, uint32_t width, uint32_t height, uint32_t index, braid_v4l2_interval *interval) {
  struct v4l2_frmivalenum intervals = {.index = index, .pixel_format = fourcc, .width = width, .height = height};
  int error = request(descriptor, VIDIOC_ENUM_FRAMEINTERVALS, &intervals);
  if (error) return error;
  bool is_range = intervals.type != V4L2_FRMIVAL_TYPE_DISCRETE;
  struct v4l2_fract shortest = is_range ? intervals.stepwise.min : intervals.discrete;
  struct v4l2_fract longest = is_range ? intervals.stepwise.max : intervals.discrete;
  *interval = (braid_v4l2_interval){
      .is_range = is_range,
      .shortest_numerator = shortest.numerator,
      .shortest_denominator = shortest.denominator,
      .longest_numerator = longest.numerator,
      .longest_denominator = longest.denominator};
  return 0;
}

int braid_v4l2_get_setting(int descriptor, braid_v4l2_setting *setting) {
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  int error = request(descriptor, VIDIOC_G_FMT, &format);
  if (error) return error;
  *setting = (braid_v4l2_setting){
      .width = format.fmt.pix.width, .height = format.fmt.pix.height, .fourcc = format.fmt.pix.pixelformat};
  struct v4l2_streamparm parameters = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  if (request(descriptor, VIDIOC_G_PARM, &parameters) == 0) {
    setting->interval_numerator = parameters.parm.capture.timeperframe.numerator;
    setting->interval_denominator = parameters.parm.capture.timeperframe.denominator;
  }
  return 0;
}

int braid_v4l2_probe_buffers(int descriptor) {
  struct v4l2_requestbuffers buffers = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
  return request(descriptor, VIDIOC_REQBUFS, &buffers);
}
