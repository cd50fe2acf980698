import BraidCore
import CALSA
import Glibc

/// The owner of one open capture device of libasound, in non-blocking mode.
///
/// For one thread at a time: whoever opens it may hand it on.
@safe
final class PCM: @unchecked Sendable {
  // SAFETY: used by one thread at a time; the box that hands it from the opening thread to the capturing one is locked.

  /// Where the device stands and when it was there.
  struct Observation {
    /// Samples that can be read.
    var available: Int
    /// The host time at which that was so.
    var time: HostTime
  }

  /// The device's name, as libasound takes it.
  let name: String
  let pointer: OpaquePointer
  private let status: OpaquePointer
  private var descriptors: [pollfd] = []
  private var descriptorCount = 0
  private var isClosed = false
  /// What was negotiated.
  var configuration = Configuration()

  /// What a device was set to.
  struct Configuration: Hashable {
    var format = SampleFormat.s16
    var sampleRate = 0
    var channelCount = 0
    var periodSamples = 0
    var bufferSamples = 0

    /// Bytes of one sample in all channels.
    var frameBytes: Int { format.byteCount * channelCount }
  }

  /// Opens a device for capture. May hang for as long as a sound server does not answer.
  ///
  /// - Throws: not-found, busy, not-permitted, unusable.
  init(_ name: String, location: String) throws(IngestError) {
    self.name = name
    var opened: OpaquePointer?
    try AlsaCall.check(
      unsafe snd_pcm_open(&opened, name, SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK), "open the sound device",
      location: location)
    var status: OpaquePointer?
    guard let opened = unsafe opened, unsafe snd_pcm_status_malloc(&status) == 0, let status = unsafe status else {
      if let opened = unsafe opened { unsafe snd_pcm_close(opened) }
      throw AlsaCall.error(-ENOMEM, "open the sound device", location: location)
    }
    unsafe pointer = opened
    unsafe self.status = status
  }

  deinit {
    close()
    unsafe snd_pcm_status_free(status)
  }

  /// Closes the device now, whoever still refers to it; nothing else may be called afterwards. May hang for as long as a sound
  /// server does not answer. A second call does nothing.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    // It fails where the device is gone already: there is nothing left to close.
    _ = unsafe snd_pcm_close(pointer)
  }

  // MARK: - Running

  /// Starts the device, which must be prepared.
  func start() -> Int32 { unsafe snd_pcm_start(pointer) }

  /// Makes a device ready to be started again, after an overrun or a suspension.
  func prepare() -> Int32 { unsafe snd_pcm_prepare(pointer) }

  /// Asks a suspended device to go on. -EAGAIN: not yet.
  func resume() -> Int32 { unsafe snd_pcm_resume(pointer) }

  /// Whether the device runs.
  var state: snd_pcm_state_t { unsafe snd_pcm_state(pointer) }

  /// How much can be read, and when that was so: by the device's own stamp where it is one of CLOCK_MONOTONIC, else by the
  /// clock's time now.
  ///
  /// - Returns: libasound's status, negative where the device is in trouble, and the observation.
  func observe() -> (status: Int32, seen: Observation) {
    var (status, seen) = stamped()
    if status >= 0, seen.available < configuration.periodSamples {
      // The stamp may be that of the last interrupt: ask the hardware.
      let available = unsafe snd_pcm_avail(pointer)
      if available < 0 { return (Int32(clamping: available), seen) }
      (status, seen) = stamped()
    }
    return (status, seen)
  }

  private func stamped() -> (status: Int32, seen: Observation) {
    var available: snd_pcm_uframes_t = 0
    var stamp = snd_htimestamp_t()
    var result = unsafe snd_pcm_htimestamp(pointer, &available, &stamp)
    if result < 0, result != -EPIPE, result != -ENODEV, result != -ESTRPIPE {
      result = unsafe snd_pcm_status(pointer, status)
      unsafe snd_pcm_status_get_htstamp(status, &stamp)
      available = unsafe snd_pcm_status_get_avail(status)
    }
    let now = MonotonicClock().now
    let time = Self.time(stamp)
    let isOurs = time <= now && now - time < .seconds(2)
    return (result, Observation(available: Int(clamping: available), time: isOurs ? time : now))
  }

  /// Reads at most `count` samples of all channels. -EAGAIN where there are none.
  @unsafe
  func read(_ count: Int, into bytes: UnsafeMutableRawPointer) -> Int {
    Int(unsafe snd_pcm_readi(pointer, bytes, snd_pcm_uframes_t(max(0, count))))
  }

  // MARK: - Waiting

  /// Makes room to wait on the device together with `wake`.
  ///
  /// - Throws: unusable, where the device cannot be waited for.
  func prepareWaiting(_ wake: WakeDescriptor, location: String) throws(IngestError) {
    let count = unsafe snd_pcm_poll_descriptors_count(pointer)
    guard count > 0 else {
      throw AlsaCall.error(count < 0 ? count : -EINVAL, "wait for the sound device", location: location)
    }
    descriptors = Array(repeating: pollfd(), count: Int(count) + 1)
    descriptorCount = Int(count)
    let filled = unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
      unsafe snd_pcm_poll_descriptors(pointer, buffer.baseAddress, UInt32(count))
    }
    guard filled >= 0, filled <= count else {
      throw AlsaCall.error(filled < 0 ? filled : -EINVAL, "wait for the sound device", location: location)
    }
    descriptorCount = Int(filled)
    descriptors[descriptorCount] = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
  }

  /// What ended a wait.
  enum Wakening {
    /// The device has something to say: samples or trouble.
    case device
    /// Somebody else.
    case other
  }

  /// Waits for the device or for `wake`, at most `timeout`. Allocates: no.
  func wait(_ timeout: MediaDuration) -> Wakening {
    let milliseconds = Int32(clamping: max(0, timeout.nanoseconds / 1_000_000))
    return unsafe descriptors.withUnsafeMutableBufferPointer { buffer in
      guard unsafe poll(buffer.baseAddress, nfds_t(descriptorCount + 1), milliseconds) > 0 else { return .other }
      var events: UInt16 = 0
      let result = unsafe snd_pcm_poll_descriptors_revents(
        pointer, buffer.baseAddress, UInt32(descriptorCount), &events)
      return result < 0 || Int32(events) & (POLLIN | POLLERR | POLLNVAL | POLLHUP) != 0 ? .device : .other
    }
  }

  private static func time(_ stamp: snd_htimestamp_t) -> HostTime {
    HostTime(
      nanoseconds: Int64(stamp.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(stamp.tv_nsec)))
  }
}
