internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidSync

/// Feeds a model that takes picture and sound together: at each frame, the newest pictures and the sound up to it.
///
/// For the session's thread. Allocates: no, in the steady state.
final class MomentFeed {
  private static let tickStream = 0
  private static let soundStream = 1

  let pictures: PicturePath
  let tensor: PictureTensor
  let picturePlace: Int
  let window: ModelDescription.FeatureWindow
  let featurePlace: Int
  let sound: StreamSlot
  private let assembler: MomentAssembler
  private let feature: LogMel
  private let windowDuration: MediaDuration
  private let wait: MediaDuration
  /// Staged ticks that wait for their sound, oldest first.
  private var pending: [(tick: MediaTime, job: ModelJob)] = []

  /// How many ticks may wait.
  static let tickCapacity = 32

  init(
    pictures: PicturePath, tensor: PictureTensor, picturePlace: Int, window: ModelDescription.FeatureWindow,
    featurePlace: Int, sound: StreamSlot, path: SoundPath, tolerance: MediaDuration, wait: MediaDuration
  ) throws(FeatureError) {
    self.pictures = pictures
    self.tensor = tensor
    self.picturePlace = picturePlace
    self.window = window
    self.featurePlace = featurePlace
    self.sound = sound
    self.wait = wait
    let definition = try FeatureCatalog.definition(named: window.feature)
    guard definition.name == "log-mel:kaldi" else {
      throw FeatureError(
        .unknownFeature, "'\(window.feature)' cannot be taken in a moment", location: "features",
        remedy: "Use log-mel:kaldi")
    }
    feature = try LogMel(sampleRate: window.sampleRate, bands: window.bands)
    let samples = (window.rows - 1) * feature.hopSamples + feature.windowSamples
    windowDuration = .samples(Int64(samples), sampleRate: window.sampleRate)
    assembler = MomentAssembler(
      MomentConfiguration(
        streamCount: 2, tick: .elements(stream: Self.tickStream),
        members: [.sound(stream: Self.soundStream, sampleRate: window.sampleRate, samples: samples, offset: .zero)],
        tolerance: tolerance, reach: .seconds(2), tickCapacity: Self.tickCapacity))
    pending.reserveCapacity(Self.tickCapacity + 1)
    let (assembler, rate) = (assembler, window.sampleRate)
    path.listen { [unowned path] samples, time in
      assembler.feed(samples, channels: 1, sampleRate: rate, time: time, epoch: path.epoch, stream: Self.soundStream)
    }
  }

  /// The start of what the next moment will use, at the earliest.
  func nextStart(of stream: StreamSlot) -> MediaTime {
    if let first = pending.first { return min(first.job.start, first.tick - windowDuration) }
    let tick = stream.position
    let oldest = pictures.picture(age: min(tensor.picture.frames - 2, pictures.count - 1)) { $0.time } ?? tick
    return min(min(tick, oldest), tick - windowDuration)
  }

  /// When the wait for the next moment is over; nil if nothing is waited for with a limit.
  var deadline: HostTime? { assembler.nextDeadline }

  /// Whether ticks wait.
  var isWaiting: Bool { !pending.isEmpty }

  /// Takes a tick.
  ///
  /// - Returns: the oldest tick's job, if it had to make room.
  func add(_ frame: VideoFrame, job: ModelJob, isRealtime: Bool, now: HostTime) -> ModelJob? {
    let dropped = pending.count < Self.tickCapacity ? nil : pending.removeFirst().job
    pending.append((frame.time, job))
    assembler.feed(.video(frame), stream: Self.tickStream, deadline: isRealtime ? now + wait : nil)
    return dropped
  }

  /// Takes how far the sound has come, and whether it has ended.
  func updateSound() {
    if sound.isFinished {
      assembler.finish(stream: Self.soundStream)
    } else {
      // The resampler may still hold some samples before the stream's position.
      assembler.advance(stream: Self.soundStream, bound: sound.position - .milliseconds(20))
    }
  }

  /// The next tick whose sound has come or is not waited for any longer, with its features staged.
  ///
  /// - Parameters:
  ///   - now: the clock's time.
  ///   - dropped: called with each tick that had to make room.
  /// - Returns: the tick's job; nil if none is ready.
  func next(now: HostTime, dropped: (ModelJob) -> Void) -> ModelJob? {
    guard let moment = assembler.next(now: now) else { return nil }
    while let first = pending.first, first.tick < moment.time {
      pending.removeFirst()
      dropped(first.job)
    }
    guard let first = pending.first, first.tick == moment.time else { return nil }
    pending.removeFirst()
    let job = first.job
    let end = job.start + job.duration
    job.start = min(job.start, moment.time - windowDuration)
    job.duration = end - job.start
    job.synchronised = now
    job.skews.append(ResultRecord.Skew(stream: sound.id, skew: assembler.members[0].skew))
    stageFeatures(into: job)
    return job
  }

  private func stageFeatures(into job: ModelJob) {
    feature.reset()
    var position = 0
    assembler.withSamples(ofMember: 0) { samples in
      feature.push(samples) { row, _ in
        for column in 0..<row.count where position < job.staged[featurePlace].count {
          job.staged[featurePlace][position] = row[column]
          position += 1
        }
      }
    }
    while position < job.staged[featurePlace].count {
      job.staged[featurePlace][position] = 0
      position += 1
    }
  }
}
