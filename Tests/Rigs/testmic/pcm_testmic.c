// A microphone for tests: an ALSA capture device that lives in libasound alone (an ioplug), with no driver and no daemon.
//
// It has a clock of its own, as a real device has. The clock stands at sample k(t) = t * rate * (1 + ppm / 10^6), t being CLOCK_MONOTONIC,
// whether the device is open or not. So it runs on over overruns, freezes and openings, and two openings see the same clock.
// Channel `counter` holds the low 15 bits of k, so that a reader sees to the sample what it did not get.
//
// Fields of its configuration:
//   ppm          how much faster than CLOCK_MONOTONIC its clock runs, in parts per million (0)
//   freq         the tone of channel 0, in hertz by the device's clock (1000)
//   counter      the channel that counts (1); -1 for none
//   granularity  samples by which the position of the hardware moves at once (1)
//   format       S16_LE, S24_LE, S24_3LE, S32_LE or FLOAT_LE (S16_LE)
//   channels     how many it has; 0 for any number from 1 to 8 (0)
//   rate         samples a second; 0 for any from 8000 to 192000 (0)
//   control      a path. While PATH.gone exists the device is unplugged, while PATH.busy exists opening it answers EBUSY, while
//                PATH.denied exists EACCES. A file PATH holds commands, one a line, and is taken away when it was read.
// Commands:
//   xrun         an overrun now
//   freeze MS    the position stands still for so long, then jumps to where the clock is: late, not lost, if the buffer holds it
//   skip MS      nothing comes for so long, and those samples are lost without a word
//   hang         nothing comes until the device is opened again
//   silence 1|0  all samples are zero, but for the counter's channel where there is one and `silence 2` was not said
//   suspend      the device asks to be resumed (ESTRPIPE), and cannot be
#include <alsa/asoundlib.h>
#include <alsa/pcm_external.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  snd_pcm_ioplug_t io;
  int timer;
  double ppm, freq;
  long counter, granularity;
  char *control;
  int64_t first;       // the clock's sample that this run's first sample is
  int64_t delivered;   // samples of this run that were taken
  int64_t shown;       // samples of this run that there are, as the hardware last showed it
  int64_t skipped;     // samples of this run that nobody got
  int64_t skipped_before, skip_at;  // how many of them before the last skip, and the place in the run where that was
  int64_t skip_until;  // CLOCK_MONOTONIC; 0 where nothing is skipped
  int64_t freeze_until;
  int64_t period_end;  // the sample, counted from `first`, at which the timer is due
  int xrun, suspended, gone, silence;
} testmic;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

// Samples a second by CLOCK_MONOTONIC, in 10^-9.
static __int128 nano_rate(const testmic *mic) {
  return (__int128)mic->io.rate * (1000000000 + (int64_t)llround(mic->ppm * 1000));
}

static int64_t sample_at(const testmic *mic, int64_t time) {
  return (int64_t)((__int128)time * nano_rate(mic) / ((__int128)1000000000 * 1000000000));
}

static int64_t time_of(const testmic *mic, int64_t sample) {
  return (int64_t)(((__int128)sample * 1000000000 * 1000000000 + nano_rate(mic) - 1) / nano_rate(mic));
}

static int flag(const char *control, const char *suffix) {
  char path[4096];
  if (!control || snprintf(path, sizeof path, "%s.%s", control, suffix) >= (int)sizeof path) return 0;
  return access(path, F_OK) == 0;
}

static void obey(testmic *mic, const char *command) {
  int number = 0;
  if (!strcmp(command, "xrun")) mic->xrun = 1;
  else if (!strcmp(command, "suspend")) mic->suspended = 1;
  else if (!strcmp(command, "hang")) mic->freeze_until = INT64_MAX;
  else if (sscanf(command, "freeze %d", &number) == 1) mic->freeze_until = now_ns() + (int64_t)number * 1000000;
  else if (sscanf(command, "skip %d", &number) == 1) mic->skip_until = now_ns() + (int64_t)number * 1000000;
  else if (sscanf(command, "silence %d", &number) == 1) mic->silence = number;
  else SNDERR("testmic: unknown command '%s'", command);
}

static void read_commands(testmic *mic) {
  if (!mic->control) return;
  if (flag(mic->control, "gone")) mic->gone = 1;
  char text[1024];
  int file = open(mic->control, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t count = read(file, text, sizeof text - 1);
  close(file);
  unlink(mic->control);
  if (count <= 0) return;
  text[count] = 0;
  char *rest = NULL;
  for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) obey(mic, line);
}

static void arm(testmic *mic) {
  int64_t due = time_of(mic, mic->first + mic->skipped + mic->period_end);
  struct itimerspec spec = {.it_value = {due / 1000000000, due % 1000000000}};
  timerfd_settime(mic->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

// How many samples of this run there are by now, as the hardware shows it. Never fewer than before.
static int64_t position(testmic *mic) {
  int64_t now = now_ns();
  if (mic->skip_until) {
    if (now < mic->skip_until) return mic->shown;
    mic->skipped_before = mic->skipped;
    mic->skip_at = mic->shown;
    mic->skipped = sample_at(mic, mic->skip_until) - mic->first - mic->shown;
    mic->skip_until = 0;
  }
  if (now < mic->freeze_until) return mic->shown;
  int64_t there = sample_at(mic, now) - mic->first - mic->skipped;
  there -= there % mic->granularity;
  if (there > mic->shown) mic->shown = there;
  return mic->shown;
}

static int mic_start(snd_pcm_ioplug_t *io) {
  testmic *mic = io->private_data;
  if (mic->gone) return -ENODEV;
  mic->first = sample_at(mic, now_ns()) + 1;
  mic->delivered = mic->shown = mic->skipped = mic->skipped_before = mic->skip_at = mic->skip_until = 0;
  mic->period_end = (int64_t)io->period_size;
  arm(mic);
  return 0;
}

static int mic_stop(snd_pcm_ioplug_t *io) {
  testmic *mic = io->private_data;
  struct itimerspec none = {{0, 0}, {0, 0}};
  timerfd_settime(mic->timer, 0, &none, NULL);
  return 0;
}

static int mic_prepare(snd_pcm_ioplug_t *io) {
  testmic *mic = io->private_data;
  read_commands(mic);
  if (mic->gone) return -ENODEV;
  mic->xrun = mic->suspended = 0;
  return 0;
}

static snd_pcm_sframes_t mic_pointer(snd_pcm_ioplug_t *io) {
  testmic *mic = io->private_data;
  read_commands(mic);
  if (mic->gone) {
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_DISCONNECTED);
    return mic->shown % io->buffer_size;
  }
  if (mic->suspended) {
    mic->suspended = 0;
    snd_pcm_ioplug_set_state(io, SND_PCM_STATE_SUSPENDED);
    return mic->shown % io->buffer_size;
  }
  if (mic->xrun) {
    mic->xrun = 0;
    return -EPIPE;
  }
  int64_t shown = position(mic);
  if (shown - mic->delivered >= (int64_t)io->buffer_size) return -EPIPE;
  return shown % io->buffer_size;
}

static uint32_t scramble(uint64_t sample, unsigned channel) {
  uint64_t bits = (sample + 1) * 0x9E3779B97F4A7C15u + (uint64_t)channel * 0xBF58476D1CE4E5B9u;
  return (uint32_t)((bits ^ (bits >> 31)) >> 16);
}

// The sample as a whole number of 32 bits, full scale: its upper 24 or 16 bits are what the narrower formats hold.
static int32_t value(const testmic *mic, int64_t sample, unsigned channel) {
  if ((long)channel == mic->counter && mic->silence < 2) return (int32_t)((uint32_t)(sample & 0x7fff) << 16);
  if (mic->silence) return 0;
  if (channel == 0) return (int32_t)lrint(0x40000000 * sin(2 * M_PI * fmod(mic->freq * (double)sample / mic->io.rate, 1)));
  return (int32_t)scramble((uint64_t)sample, channel);
}

static void store(char *target, snd_pcm_format_t format, int32_t value) {
  int32_t wide = value >> 8;
  int16_t narrow = (int16_t)(value >> 16);
  float real = (float)wide / 8388608.0f;
  switch (format) {
    case SND_PCM_FORMAT_S32_LE: memcpy(target, &value, 4); break;
    case SND_PCM_FORMAT_S24_LE: memcpy(target, &wide, 4); break;
    case SND_PCM_FORMAT_S24_3LE: memcpy(target, &wide, 3); break;
    case SND_PCM_FORMAT_FLOAT_LE: memcpy(target, &real, 4); break;
    default: memcpy(target, &narrow, 2);
  }
}

static snd_pcm_sframes_t mic_transfer(
    snd_pcm_ioplug_t *io, const snd_pcm_channel_area_t *areas, snd_pcm_uframes_t offset, snd_pcm_uframes_t count) {
  testmic *mic = io->private_data;
  if (mic->gone) return -ENODEV;
  for (snd_pcm_uframes_t i = 0; i < count; i++) {
    int64_t place = mic->delivered + (int64_t)i;
    int64_t sample = mic->first + place + (place >= mic->skip_at ? mic->skipped : mic->skipped_before);
    for (unsigned c = 0; c < io->channels; c++)
      store((char *)areas[c].addr + (areas[c].first + (offset + i) * areas[c].step) / 8, io->format, value(mic, sample, c));
  }
  mic->delivered += (int64_t)count;
  return (snd_pcm_sframes_t)count;
}

static int mic_delay(snd_pcm_ioplug_t *io, snd_pcm_sframes_t *delay) {
  testmic *mic = io->private_data;
  *delay = (snd_pcm_sframes_t)(position(mic) - mic->delivered);
  return 0;
}

static int mic_revents(snd_pcm_ioplug_t *io, struct pollfd *fds, unsigned count, unsigned short *events) {
  testmic *mic = io->private_data;
  uint64_t expirations;
  *events = 0;
  if (count != 1 || !(fds->revents & POLLIN)) return 0;
  if (read(mic->timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) return -errno;
  int64_t period = (int64_t)io->period_size;
  int64_t there = sample_at(mic, now_ns()) - mic->first - mic->skipped;
  while (mic->period_end <= there) mic->period_end += period;
  arm(mic);
  *events = POLLIN;
  return 0;
}

static int mic_close(snd_pcm_ioplug_t *io) {
  testmic *mic = io->private_data;
  close(mic->timer);
  free(mic->control);
  free(mic);
  return 0;
}

static const snd_pcm_ioplug_callback_t callbacks = {
    .start = mic_start,
    .stop = mic_stop,
    .prepare = mic_prepare,
    .pointer = mic_pointer,
    .transfer = mic_transfer,
    .delay = mic_delay,
    .poll_revents = mic_revents,
    .close = mic_close,
};

static int constrain(testmic *mic, snd_pcm_format_t format, long channels, long rate) {
  unsigned access[] = {SND_PCM_ACCESS_RW_INTERLEAVED, SND_PCM_ACCESS_MMAP_INTERLEAVED};
  unsigned formats[] = {format};
  int status = snd_pcm_ioplug_set_param_list(&mic->io, SND_PCM_IOPLUG_HW_ACCESS, 2, access);
  if (status >= 0) status = snd_pcm_ioplug_set_param_list(&mic->io, SND_PCM_IOPLUG_HW_FORMAT, 1, formats);
  if (status >= 0)
    status = snd_pcm_ioplug_set_param_minmax(
        &mic->io, SND_PCM_IOPLUG_HW_CHANNELS, channels ? channels : 1, channels ? channels : 8);
  if (status >= 0)
    status = snd_pcm_ioplug_set_param_minmax(&mic->io, SND_PCM_IOPLUG_HW_RATE, rate ? rate : 8000, rate ? rate : 192000);
  if (status >= 0) status = snd_pcm_ioplug_set_param_minmax(&mic->io, SND_PCM_IOPLUG_HW_PERIOD_BYTES, 64, 1 << 20);
  if (status >= 0) status = snd_pcm_ioplug_set_param_minmax(&mic->io, SND_PCM_IOPLUG_HW_PERIODS, 2, 1024);
  return status;
}

SND_PCM_PLUGIN_DEFINE_FUNC(testmic) {
  (void)root;
  double ppm = 0, freq = 1000;
  long counter = 1, granularity = 1, channels = 0, rate = 0;
  const char *control = NULL, *format_name = "S16_LE";
  snd_config_iterator_t i, next;
  snd_config_for_each(i, next, conf) {
    snd_config_t *field = snd_config_iterator_entry(i);
    const char *id;
    int status = 0;
    if (snd_config_get_id(field, &id) < 0) continue;
    if (!strcmp(id, "comment") || !strcmp(id, "type") || !strcmp(id, "hint")) continue;
    if (!strcmp(id, "ppm")) status = snd_config_get_ireal(field, &ppm);
    else if (!strcmp(id, "freq")) status = snd_config_get_ireal(field, &freq);
    else if (!strcmp(id, "counter")) status = snd_config_get_integer(field, &counter);
    else if (!strcmp(id, "granularity")) status = snd_config_get_integer(field, &granularity);
    else if (!strcmp(id, "channels")) status = snd_config_get_integer(field, &channels);
    else if (!strcmp(id, "rate")) status = snd_config_get_integer(field, &rate);
    else if (!strcmp(id, "format")) status = snd_config_get_string(field, &format_name);
    else if (!strcmp(id, "control")) status = snd_config_get_string(field, &control);
    else status = -EINVAL;
    if (status < 0) {
      SNDERR("testmic: field %s is unknown or wrong", id);
      return -EINVAL;
    }
  }
  snd_pcm_format_t format = snd_pcm_format_value(format_name);
  if (stream != SND_PCM_STREAM_CAPTURE || format == SND_PCM_FORMAT_UNKNOWN || granularity < 1) return -EINVAL;
  if (flag(control, "gone")) return -ENODEV;
  if (flag(control, "busy")) return -EBUSY;
  if (flag(control, "denied")) return -EACCES;

  testmic *mic = calloc(1, sizeof *mic);
  if (!mic) return -ENOMEM;
  mic->ppm = ppm;
  mic->freq = freq;
  mic->counter = counter;
  mic->granularity = granularity;
  mic->control = control ? strdup(control) : NULL;
  mic->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  mic->io.version = SND_PCM_IOPLUG_VERSION;
  mic->io.name = "Test microphone";
  mic->io.callback = &callbacks;
  mic->io.private_data = mic;
  mic->io.poll_fd = mic->timer;
  mic->io.poll_events = POLLIN;
  mic->io.flags = SND_PCM_IOPLUG_FLAG_MONOTONIC;
  int status = mic->timer < 0 ? -errno : snd_pcm_ioplug_create(&mic->io, name, stream, mode);
  if (status < 0) {
    if (mic->timer >= 0) close(mic->timer);
    free(mic->control);
    free(mic);
    return status;
  }
  status = constrain(mic, format, channels, rate);
  if (status < 0) {
    snd_pcm_ioplug_delete(&mic->io);
    return status;
  }
  *pcmp = mic->io.pcm;
  return 0;
}
SND_PCM_PLUGIN_SYMBOL(testmic);
