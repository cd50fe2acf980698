import BraidCore
import CALSA
import Glibc

/// The owner of a space of configurations that a device still allows.
@safe
struct HardwareParameters: ~Copyable {
  let pointer: OpaquePointer

  init(location: String) throws(IngestError) {
    var allocated: OpaquePointer?
    guard unsafe snd_pcm_hw_params_malloc(&allocated) == 0, let allocated = unsafe allocated else {
      throw AlsaCall.error(-ENOMEM, "ask the sound device", location: location)
    }
    unsafe pointer = allocated
  }

  deinit {
    unsafe snd_pcm_hw_params_free(pointer)
  }

  /// The least and the most channels, and samples a second.
  func ranges() -> (channels: ClosedRange<Int>, rates: ClosedRange<Int>)? {
    var (fewest, most, lowest, highest): (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    var direction: Int32 = 0
    guard unsafe snd_pcm_hw_params_get_channels_min(pointer, &fewest) >= 0,
      unsafe snd_pcm_hw_params_get_channels_max(pointer, &most) >= 0,
      unsafe snd_pcm_hw_params_get_rate_min(pointer, &lowest, &direction) >= 0,
      unsafe snd_pcm_hw_params_get_rate_max(pointer, &highest, &direction) >= 0, fewest <= most, lowest <= highest
    else { return nil }
    return (Int(fewest)...Int(most), Int(lowest)...Int(highest))
  }
}

extension PCM {
  /// What is asked of a device; nil leaves the choice to what it has.
  struct Request: Hashable, Sendable {
    var format: SampleFormat?
    var sampleRate: Int?
    var channelCount: Int?
    /// How long a period, and so a block, is.
    var latency = MediaDuration.milliseconds(10)
  }

  /// How much a device's buffer is asked to hold: what the capturing thread may be late by.
  private static let bufferTime = MediaDuration.milliseconds(500)
  /// The rate and the channels that are taken where nothing is asked and the device leaves a choice.
  private static let standardRate: UInt32 = 48000
  private static let standardChannels: UInt32 = 2
  /// More channels than these are not taken; `plug` devices offer thousands.
  static let mostChannels = 64

  /// Sets the device to what is asked, as near as its periods allow, and makes it ready to start.
  ///
  /// - Throws: format-refused, with what the device has in the remedy; or what the device's trouble is.
  func configure(_ request: Request, location: String) throws(IngestError) {
    let parameters = try HardwareParameters(location: location)
    let device = unsafe pointer
    try AlsaCall.check(
      unsafe snd_pcm_hw_params_any(device, parameters.pointer), "ask the sound device what it has", location: location)
    let offer = unsafe Self.offer(device, parameters)
    func refused(_ what: String) -> IngestError {
      IngestError(
        .formatRefused, "the sound device does not give \(what)", location: location,
        remedy: "It has \(offer). Ask for that, or let libasound convert: plug:'\(name)'.")
    }
    guard
      unsafe snd_pcm_hw_params_set_access(device, parameters.pointer, SND_PCM_ACCESS_RW_INTERLEAVED) >= 0
    else { throw refused("interleaved samples") }
    configuration.format = try chooseFormat(request, parameters, refused: refused)
    configuration.channelCount = try chooseChannels(request, parameters, refused: refused)
    configuration.sampleRate = try chooseRate(request, parameters, refused: refused)
    choosePeriod(request, parameters)
    try AlsaCall.check(
      unsafe snd_pcm_hw_params(device, parameters.pointer), "set the sound device's format", location: location)
    try readBack(parameters, location: location)
    try setWaking(location: location)
  }

  /// What a device has, in a line: `s16, s32; 44100 to 192000 Hz; 1 to 2 channels`.
  func offer(location: String) throws(IngestError) -> String {
    let parameters = try HardwareParameters(location: location)
    try AlsaCall.check(
      unsafe snd_pcm_hw_params_any(pointer, parameters.pointer), "ask the sound device what it has", location: location)
    return unsafe Self.offer(pointer, parameters)
  }

  @unsafe
  private static func offer(_ device: OpaquePointer, _ parameters: borrowing HardwareParameters) -> String {
    var parts: [String] = []
    let ours = SampleFormat.allCases.filter {
      unsafe snd_pcm_hw_params_test_format(device, parameters.pointer, $0.alsa) == 0
    }.map(\.rawValue)
    parts.append(
      ours.isEmpty
        ? "none of the formats " + SampleFormat.allCases.map(\.rawValue).joined(separator: ", ")
        : ours.joined(separator: ", "))
    if let ranges = parameters.ranges() {
      // A plugin that converts has no limit but that of a number.
      parts.append(ranges.rates.upperBound > 10_000_000 ? "any rate" : text(ranges.rates) + " Hz")
      let most = min(ranges.channels.upperBound, max(mostChannels, ranges.channels.lowerBound))
      parts.append(text(ranges.channels.lowerBound...most) + (most == 1 ? " channel" : " channels"))
    }
    return parts.joined(separator: "; ")
  }

  private static func text(_ range: ClosedRange<Int>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
  }

  // MARK: - Choices

  private func chooseFormat(
    _ request: Request, _ parameters: borrowing HardwareParameters, refused: (String) -> IngestError
  ) throws(IngestError) -> SampleFormat {
    let wanted: [SampleFormat] =
      switch request.format {
      case nil: SampleFormat.allCases
      case .s24: [.s24, .s24Packed]
      case .some(let format): [format]
      }
    for format in wanted
    where unsafe snd_pcm_hw_params_set_format(pointer, parameters.pointer, format.alsa) >= 0 {
      return format
    }
    throw refused(request.format.map { "samples of \($0.rawValue)" } ?? "samples of a known format")
  }

  private func chooseChannels(
    _ request: Request, _ parameters: borrowing HardwareParameters, refused: (String) -> IngestError
  ) throws(IngestError) -> Int {
    var count = request.channelCount.map { UInt32(clamping: $0) } ?? Self.standardChannels
    let status =
      request.channelCount == nil
      ? unsafe snd_pcm_hw_params_set_channels_near(pointer, parameters.pointer, &count)
      : unsafe snd_pcm_hw_params_set_channels(pointer, parameters.pointer, count)
    guard status >= 0, count >= 1, count <= Self.mostChannels else { throw refused("\(count) channels") }
    return Int(count)
  }

  /// The rate asked for, exactly; else the nearest to the standard one that the hardware itself has.
  private func chooseRate(
    _ request: Request, _ parameters: borrowing HardwareParameters, refused: (String) -> IngestError
  ) throws(IngestError) -> Int {
    var direction: Int32 = 0
    if let rate = request.sampleRate {
      guard unsafe snd_pcm_hw_params_set_rate(pointer, parameters.pointer, UInt32(clamping: rate), 0) >= 0 else {
        throw refused("\(rate) samples a second")
      }
      return rate
    }
    var rate = Self.standardRate
    // Where a plugin would resample, this leaves only what it need not.
    _ = unsafe snd_pcm_hw_params_set_rate_resample(pointer, parameters.pointer, 0)
    guard unsafe snd_pcm_hw_params_set_rate_near(pointer, parameters.pointer, &rate, &direction) >= 0, rate > 0 else {
      throw refused("any rate")
    }
    return Int(rate)
  }

  /// Period and buffer as near to what is asked as the device allows: a device without the choice keeps its own.
  private func choosePeriod(_ request: Request, _ parameters: borrowing HardwareParameters) {
    let rate = Int64(configuration.sampleRate)
    func samples(_ time: MediaDuration) -> Int64 { rate.multipliedSaturating(by: time.nanoseconds) / 1_000_000_000 }
    var period = snd_pcm_uframes_t(max(1, samples(request.latency)))
    var direction: Int32 = 0
    _ = unsafe snd_pcm_hw_params_set_period_size_near(pointer, parameters.pointer, &period, &direction)
    var buffer = snd_pcm_uframes_t(max(samples(Self.bufferTime), Int64(clamping: period).multipliedSaturating(by: 8)))
    _ = unsafe snd_pcm_hw_params_set_buffer_size_near(pointer, parameters.pointer, &buffer)
  }

  private func readBack(_ parameters: borrowing HardwareParameters, location: String) throws(IngestError) {
    var (period, buffer): (snd_pcm_uframes_t, snd_pcm_uframes_t) = (0, 0)
    var direction: Int32 = 0
    try AlsaCall.check(
      unsafe snd_pcm_hw_params_get_period_size(parameters.pointer, &period, &direction), "read back the period",
      location: location)
    try AlsaCall.check(
      unsafe snd_pcm_hw_params_get_buffer_size(parameters.pointer, &buffer), "read back the buffer", location: location)
    configuration.periodSamples = Int(clamping: period)
    configuration.bufferSamples = Int(clamping: buffer)
    guard configuration.periodSamples > 0, configuration.bufferSamples >= configuration.periodSamples else {
      throw IngestError(
        .formatRefused, "the sound device gave a buffer of \(buffer) samples with a period of \(period)",
        location: location, remedy: "Ask for another latency.")
    }
  }

  /// Wakes with every period, and stamps with CLOCK_MONOTONIC.
  private func setWaking(location: String) throws(IngestError) {
    var allocated: OpaquePointer?
    guard unsafe snd_pcm_sw_params_malloc(&allocated) == 0, let parameters = unsafe allocated else {
      throw AlsaCall.error(-ENOMEM, "set the sound device's waking", location: location)
    }
    defer { unsafe snd_pcm_sw_params_free(parameters) }
    let period = snd_pcm_uframes_t(configuration.periodSamples)
    var status = unsafe snd_pcm_sw_params_current(pointer, parameters)
    if status >= 0 { status = unsafe snd_pcm_sw_params_set_avail_min(pointer, parameters, period) }
    if status >= 0 {
      status = unsafe snd_pcm_sw_params_set_tstamp_mode(pointer, parameters, SND_PCM_TSTAMP_ENABLE)
    }
    if status >= 0 {
      // An old plugin that cannot is stamped by our own clock.
      _ = unsafe snd_pcm_sw_params_set_tstamp_type(pointer, parameters, SND_PCM_TSTAMP_TYPE_MONOTONIC)
      status = unsafe snd_pcm_sw_params(pointer, parameters)
    }
    try AlsaCall.check(status, "set the sound device's waking", location: location)
  }
}
