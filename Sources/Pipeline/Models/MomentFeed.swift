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
  private let path: SoundPath
  private let assembler: MomentAssembler
  private let feature: any SoundFeature
  private let windowDuration: MediaDuration
  /// How long a late part is waited for at most, at real-time pace.
  let wait: MediaDuration
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
    self.path = path
    self.wait = wait
    feature = try window.selection.soundFeature(SoundFormat(sampleRate: window.sampleRate))
    guard feature.hopSamples > 0, feature.delaySamples != nil, feature.samples(ofRow: 1).lowerBound > 0 else {
      throw FeatureError(
        .unknownFeature, "'\(window.feature)' cannot be taken in a moment: its rows reach beyond their samples",
        location: "features", remedy: "Use one like log-mel:kaldi")
    }
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

  /// The oldest tick, given up, where there is no room for another; nil where there is.
  ///
  /// The assembler gives up the same one when the next tick is added.
  func makeRoom() -> ModelJob? {
    pending.count < Self.tickCapacity ? nil : pending.removeFirst().job
  }

  /// Takes a tick, whose sound is waited for until `deadline`. There must be room: see ``makeRoom()``.
  func add(_ frame: VideoFrame, job: ModelJob, deadline: HostTime?) {
    pending.append((frame.time, job))
    assembler.feed(.video(frame), stream: Self.tickStream, deadline: deadline)
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
  /// A window into which the sound only begins is not staged: its first sample would look like an onset.
  ///
  /// - Parameters:
  ///   - now: the clock's time.
  ///   - dropped: called with each tick that had to make room, or whose window is broken.
  /// - Returns: the tick's job; nil if none is ready.
  func next(now: HostTime, dropped: (ModelJob) -> Void) -> ModelJob? {
    while let moment = assembler.next(now: now) {
      guard let job = takePending(at: moment.time, dropped) else { continue }
      if let origin = path.origin, origin > moment.time - windowDuration, origin < moment.time {
        dropped(job)
        continue
      }
      complete(job, at: moment.time, now: now)
      return job
    }
    return nil
  }

  private func takePending(at time: MediaTime, _ dropped: (ModelJob) -> Void) -> ModelJob? {
    while let first = pending.first, first.tick < time {
      pending.removeFirst()
      dropped(first.job)
    }
    guard let first = pending.first, first.tick == time else { return nil }
    return pending.removeFirst().job
  }

  private func complete(_ job: ModelJob, at time: MediaTime, now: HostTime) {
    let end = job.start + job.duration
    job.start = min(job.start, time - windowDuration)
    job.duration = end - job.start
    job.synchronised = now
    job.skews.append(ResultRecord.Skew(stream: sound.id, skew: assembler.members[0].skew))
    stageFeatures(into: job)
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
