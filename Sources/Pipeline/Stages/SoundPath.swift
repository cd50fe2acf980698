internal import BraidCore
internal import BraidFeatures
internal import BraidMedia

/// The sound of one stream at one rate, in one channel or all of its own, with all that is computed from it once and used by many.
///
/// For the session's thread. Allocates: no, in the steady state.
final class SoundPath {
  /// A feature and its newest rows.
  struct Track {
    let name: String
    let feature: any SoundFeature
    var rows: RowHistory
    /// What takes each row, with its number, as it is computed.
    var listener: ((Span<Float>, Int) -> Void)?
  }

  /// Samples a second and channels.
  let format: SoundFormat
  private(set) var tracks: [Track] = []
  /// The newest samples, as rows of one value; kept only where somebody asked with ``keep(samples:)``.
  private(set) var samples: RowHistory
  /// How strong the newest samples are; nil where nobody asked with ``keepEnergy(samples:)``.
  private(set) var energy: EnergyHistory?
  /// Samples of the present run.
  private(set) var sampleCount = 0
  private var timeline = RunTimeline()
  /// The present run.
  private(set) var epoch = 0
  /// When the newest sample was captured; nil at fast pace.
  private(set) var captured: HostTime?
  /// What takes each stretch of samples as it comes, for detectors.
  private var listeners: [(Span<Float>, MediaTime) -> Void] = []
  private var resampler: AudioResampler

  init(format: SoundFormat) throws(MediaError) {
    self.format = format
    resampler = try AudioResampler(
      sampleRate: format.sampleRate, channels: format.channelCount == 1 ? .mono : .count(format.channelCount))
    samples = RowHistory(width: 1, capacity: 1)
  }

  /// Samples a second.
  var sampleRate: Int { format.sampleRate }

  /// The time of sample 0 of the present run; nil before the first.
  var origin: MediaTime? { timeline.origin }

  /// The place among ``tracks`` of a feature, computed from now on, with a history of at least `rows`.
  func track(_ selection: FeatureSelection, rows: Int) throws(FeatureError) -> Int {
    let name = selection.name
    if let existing = tracks.firstIndex(where: { $0.name == name }) {
      tracks[existing].rows.grow(to: rows)
      return existing
    }
    let feature = try selection.soundFeature(format)
    tracks.append(Track(name: name, feature: feature, rows: RowHistory(width: feature.dimension, capacity: rows)))
    return tracks.count - 1
  }

  /// Calls `listener` with each row of a track and its number since the run began.
  func listen(toTrack track: Int, _ listener: @escaping (Span<Float>, Int) -> Void) {
    tracks[track].listener = listener
  }

  /// Keeps at least this many of the newest samples.
  func keep(samples count: Int) { samples.grow(to: count) }

  /// Keeps the energy of at least this many of the newest samples.
  func keepEnergy(samples count: Int) {
    if energy == nil { energy = EnergyHistory(sampleRate: sampleRate) }
    energy?.grow(toSamples: count)
  }

  /// Calls `listener` with each stretch of samples and the time of its first.
  func listen(_ listener: @escaping (Span<Float>, MediaTime) -> Void) { listeners.append(listener) }

  /// Takes the stream's next block.
  func push(_ block: AudioBlock) throws(MediaError) {
    if origin == nil { epoch = block.epoch }
    timeline.append(block)
    captured = block.captured
    try resampler.process(block) { self.take($0) }
  }

  /// Gives out what the resampler and the features still hold: the stream or the run has ended.
  func finish() throws(MediaError) {
    try resampler.finish { self.take($0) }
    guard origin != nil else { return }
    for index in tracks.indices { tracks[index].feature.finish { row, number in keep(row, number, track: index) } }
  }

  /// Forgets everything: the next block begins a run.
  func reset() {
    resampler.reset()
    timeline.removeAll()
    sampleCount = 0
    samples.removeAll()
    energy?.removeAll()
    for index in tracks.indices {
      tracks[index].feature.reset()
      tracks[index].rows.removeAll()
    }
  }

  /// When the sample before `sample` was captured; nil at fast pace.
  func captured(before sample: Int) -> HostTime? {
    captured.map { $0 - (timeline.endTime - time(ofSample: sample)) }
  }

  /// The time of a sample of the present run.
  func time(ofSample sample: Int) -> MediaTime {
    timeline.time(at: .samples(Int64(sample), sampleRate: sampleRate))
  }

  /// The true time of what by the count of samples is at `time`: origin + samples / rate.
  func time(byCount time: MediaTime) -> MediaTime { timeline.time(at: time - (origin ?? .zero)) }

  private func take(_ block: AudioBlock) {
    let time = time(ofSample: sampleCount)
    sampleCount += block.frameCount
    block.withSamples { span in
      if samples.capacity > 1 { samples.append(span) }
      energy?.append(span)
      for index in tracks.indices {
        tracks[index].feature.push(span) { row, number in keep(row, number, track: index) }
      }
      for listener in listeners { listener(span, time) }
    }
  }

  private func keep(_ row: Span<Float>, _ number: Int, track: Int) {
    tracks[track].rows.append(row)
    tracks[track].listener?(row, number)
  }
}
