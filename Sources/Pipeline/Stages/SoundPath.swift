internal import BraidCore
internal import BraidFeatures
internal import BraidMedia

/// The sound of one stream at one rate in one channel, with all that is computed from it once and used by many.
///
/// For the session's thread. Allocates: no, in the steady state.
final class SoundPath {
  /// A feature and its newest rows.
  struct Track {
    let name: String
    let feature: any SoundFeature
    var rows: RowHistory
  }

  /// Samples a second.
  let sampleRate: Int
  private(set) var tracks: [Track] = []
  /// The newest samples, as rows of one value; kept only where somebody asked with ``keep(samples:)``.
  private(set) var samples: RowHistory
  /// Samples of the present run.
  private(set) var sampleCount = 0
  /// The time of sample 0 of the present run; nil before the first.
  private(set) var origin: MediaTime?
  /// The present run.
  private(set) var epoch = 0
  /// When the newest sample was captured; nil at fast pace.
  private(set) var captured: HostTime?
  /// What takes each stretch of samples as it comes, for detectors.
  private var listeners: [(Span<Float>, MediaTime) -> Void] = []
  private var resampler: AudioResampler

  init(sampleRate: Int) throws(MediaError) {
    self.sampleRate = sampleRate
    resampler = try AudioResampler(sampleRate: sampleRate, channels: .mono)
    samples = RowHistory(width: 1, capacity: 1)
  }

  /// The place among ``tracks`` of a feature, computed from now on, with a history of at least `rows`.
  func track(feature name: String, bands: Int?, rows: Int) throws(FeatureError) -> Int {
    let definition = try FeatureCatalog.definition(named: name)
    let feature: any SoundFeature
    if definition.name == "log-mel:kaldi", let bands {
      feature = try LogMel(sampleRate: sampleRate, bands: bands)
    } else {
      feature = try FeatureCatalog.soundFeature(named: definition.name, sampleRate: sampleRate)
    }
    let existing = tracks.firstIndex { $0.name == definition.name && $0.feature.dimension == feature.dimension }
    if let existing {
      tracks[existing].rows.grow(to: rows)
      return existing
    }
    tracks.append(
      Track(name: definition.name, feature: feature, rows: RowHistory(width: feature.dimension, capacity: rows)))
    return tracks.count - 1
  }

  /// Keeps at least this many of the newest samples.
  func keep(samples count: Int) { samples.grow(to: count) }

  /// Calls `listener` with each stretch of samples and the time of its first.
  func listen(_ listener: @escaping (Span<Float>, MediaTime) -> Void) { listeners.append(listener) }

  /// Takes the stream's next block.
  func push(_ block: AudioBlock) throws(MediaError) {
    captured = block.captured
    try resampler.process(block) { self.take($0) }
  }

  /// Gives out what the resampler still holds: the stream or the run has ended.
  func finish() throws(MediaError) {
    try resampler.finish { self.take($0) }
  }

  /// Forgets everything: the next block begins a run.
  func reset() {
    resampler.reset()
    origin = nil
    sampleCount = 0
    samples.removeAll()
    for index in tracks.indices {
      tracks[index].feature.reset()
      tracks[index].rows.removeAll()
    }
  }

  /// When the sample before `sample` was captured; nil at fast pace.
  func captured(before sample: Int) -> HostTime? {
    captured.map { $0 - .samples(Int64(sampleCount - sample), sampleRate: sampleRate) }
  }

  /// The time of a sample of the present run.
  func time(ofSample sample: Int) -> MediaTime {
    (origin ?? .zero) + .samples(Int64(sample), sampleRate: sampleRate)
  }

  private func take(_ block: AudioBlock) {
    if origin == nil {
      origin = block.time
      epoch = block.epoch
    }
    sampleCount += block.frameCount
    block.withSamples { span in
      if samples.capacity > 1 { samples.append(span) }
      for index in tracks.indices {
        tracks[index].feature.push(span) { row, _ in tracks[index].rows.append(row) }
      }
      for listener in listeners { listener(span, block.time) }
    }
  }
}
