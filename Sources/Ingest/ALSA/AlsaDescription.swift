import BraidCore

/// What a sound device is, in the words of every input; and what is near a name that is none.
enum AlsaDescription {
  /// Whether the device's only stream is among those that are asked for.
  ///
  /// - Throws: no-usable-stream where none of it is.
  static func selects(_ selection: StreamSelection, _ location: DeviceLocation) throws(IngestError) -> Bool {
    guard case .list(let items) = selection else { return true }
    guard items.contains(where: { $0 == .index(0) || $0 == .nth(.audio, 0) }) else {
      throw IngestError(
        .noUsableStream, "a sound device has one stream, of sound", location: location.redacted,
        remedy: "Select a:0 or nothing.")
    }
    return true
  }

  /// The description of a device that was configured.
  static func describe(_ device: PCM, _ location: DeviceLocation, isSelected: Bool) -> InputDescription {
    let got = device.configuration
    let period = MediaDuration.samples(Int64(got.periodSamples), sampleRate: got.sampleRate)
    let asked = location.latency ?? .milliseconds(10)
    var oddities: [String] = []
    if (period - asked).magnitude > .milliseconds(1) {
      oddities.append("the device gives periods of \(period.milliseconds) ms for \(asked.milliseconds) asked")
    }
    var facts = AudioStreamFacts(
      sampleRate: got.sampleRate, channelCount: got.channelCount, layout: layout(got.channelCount),
      sampleFormat: got.format.rawValue)
    facts.periodSamples = got.periodSamples
    facts.bufferSamples = got.bufferSamples
    return InputDescription(
      uri: location.uri, redactedURI: location.redacted, format: "alsa", duration: nil, origin: .zero,
      originRational: "0/1", bitRate: Int64(got.sampleRate) * Int64(got.frameBytes) * 8, isLive: true,
      streams: [
        StreamDescription(
          index: 0, kind: .audio, codec: got.format.codec, profile: nil,
          timeBase: TimeBase(numerator: 1, denominator: Int64(got.sampleRate)), start: nil, duration: nil,
          language: nil, title: nil, isDefault: true, isForced: false, video: nil, audio: facts,
          isSelected: isSelected, oddities: oddities)
      ], oddities: [])
  }

  private static func layout(_ channels: Int) -> String {
    switch channels {
    case 1: "mono"
    case 2: "stereo"
    default: "\(channels) channels"
    }
  }

  /// Adds names that are near to the error of a device that is none.
  static func refine(_ error: IngestError, _ location: DeviceLocation) -> IngestError {
    guard error.code == .notFound else { return error }
    let near = nearest(location.name, among: AlsaDevices.hints().map(\.name))
    guard !near.isEmpty else { return error }
    return IngestError(
      error.code, error.message, location: error.location,
      remedy: "Did you mean \(near.map { "alsa:" + $0 }.joined(separator: " or "))? " + error.remedy, cause: error.cause
    )
  }

  /// At most three of `names` that differ from `name` by few letters, or begin with it, the nearest first.
  static func nearest(_ name: String, among names: [String]) -> [String] {
    let wanted = name.lowercased()
    let rated = names.compactMap { candidate -> (name: String, distance: Int)? in
      let other = candidate.lowercased()
      if other == wanted { return nil }
      let distance = Spelling.distance(wanted, other)
      let isNear = distance <= max(1, wanted.count / 3) || (wanted.count > 1 && other.hasPrefix(wanted))
      return isNear ? (candidate, distance) : nil
    }
    return rated.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
  }
}
