internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidSync

/// Feeds a model that takes picture and sound together: at each frame, the newest pictures and the sound up to it.
///
/// When a moment is complete, or not to be waited for any longer, is the ``Synchroniser``'s to say; the sound itself is kept here.
/// For the session's thread. Allocates: no, in the steady state.
final class MomentFeed {
  private static let tickStream = 0
  private static let soundStream = 1

  let pictures: PicturePath
  let tensor: PictureTensor<Float>
  let picturePlace: Int
  let window: ModelDescription.FeatureWindow
  let featurePlace: Int
  let sound: StreamSlot
  private let path: SoundPath
  /// Knows where sound is, not what it is; of a tick its number.
  private let synchroniser: Synchroniser<Int>
  private var samples: SampleHistory
  private var soundEpoch: Int?
  private var windowSamples: [Float]
  private let feature: any SoundFeature
  private let windowDuration: MediaDuration
  private let tolerance: MediaDuration
  /// The session's clock; nil where moments wait without limit.
  private var clock: SessionTime?
  /// How long a late part is waited for at most, at real-time pace.
  let wait: MediaDuration
  /// Staged ticks that wait for their sound, oldest first.
  private var pending: [(number: Int, tick: MediaTime, job: ModelJob)] = []
  private var nextNumber = 0

  /// Seconds of sound that are kept beyond the window, for sound that runs ahead.
  private static let reach = 2
  /// How many ticks may wait.
  static let tickCapacity = 32

  init(
    pictures: PicturePath, tensor: PictureTensor<Float>, picturePlace: Int, window: ModelDescription.FeatureWindow,
    featurePlace: Int, sound: StreamSlot, path: SoundPath, tolerance: MediaDuration, wait: MediaDuration
  ) throws {
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
    let count = (window.rows - 1) * feature.hopSamples + feature.windowSamples
    windowDuration = .samples(Int64(count), sampleRate: window.sampleRate)
    windowSamples = Array(repeating: 0, count: count)
    samples = SampleHistory(sampleRate: window.sampleRate, capacity: count + Self.reach * window.sampleRate)
    self.tolerance = tolerance
    do throws(SyncError) {
      synchroniser = try Synchroniser(
        SynchroniserConfiguration(
          streams: [
            SyncStream(jumpLimit: nil, capacity: Self.tickCapacity * 2), SyncStream(jumpLimit: nil, capacity: 2048),
          ],
          tick: .elements(stream: Self.tickStream),
          members: [
            SyncMember(
              stream: Self.soundStream, policy: .window(from: -windowDuration, to: .zero, allowing: tolerance))
          ], tickCapacity: Self.tickCapacity))
    } catch {
      throw PipelineError(
        .configuration, error.message, location: "--tolerance", remedy: error.remedy)
    }
    pending.reserveCapacity(Self.tickCapacity + 1)
    path.listen { [unowned self] samples, time in take(samples, at: time) }
  }

  /// Makes moments wait by the session's clock, for a while only. Before anything is taken.
  func begin(by clock: SessionTime) {
    self.clock = clock
    synchroniser.wait = .atMost(wait, origin: clock.zero)
  }

  /// The start of what the next moment will use, at the earliest.
  func nextStart(of stream: StreamSlot) -> MediaTime {
    if let first = pending.first { return min(first.job.start, first.tick - windowDuration) }
    let tick = stream.position
    let oldest = pictures.picture(age: min(tensor.picture.frames - 2, pictures.count - 1)) { $0.time } ?? tick
    return min(min(tick, oldest), tick - windowDuration)
  }

  /// When the wait for the next moment is over; nil if nothing is waited for with a limit.
  var deadline: HostTime? { synchroniser.nextDeadline }

  /// Whether ticks wait.
  var isWaiting: Bool { !pending.isEmpty }

  /// The oldest tick, given up, where there is no room for another; nil where there is.
  ///
  /// The synchroniser gives up the same one when the next tick is added.
  func makeRoom() -> ModelJob? {
    pending.count < Self.tickCapacity ? nil : pending.removeFirst().job
  }

  /// Takes a tick that was captured at `captured`, from where on its sound is waited for. There must be room: see ``makeRoom()``.
  func add(_ frame: VideoFrame, job: ModelJob, captured: HostTime) {
    pending.append((nextNumber, frame.time, job))
    synchroniser.feed(nextNumber, time: frame.time, epoch: frame.epoch, stream: Self.tickStream, now: captured)
    nextNumber += 1
  }

  private func take(_ span: Span<Float>, at time: MediaTime) {
    let isNew = soundEpoch != path.epoch
    if isNew, soundEpoch != nil, time < samples.end { samples.clear() }
    soundEpoch = path.epoch
    samples.append(span, channels: 1, time: time, startsRun: isNew)
    synchroniser.feed(
      0, time: time, duration: .samples(Int64(span.count), sampleRate: window.sampleRate), epoch: path.epoch,
      stream: Self.soundStream, now: clock?.now ?? HostTime(nanoseconds: 0))
  }

  /// Takes how far the sound has come, whether it has ended, and how long moments wait from now on.
  func update(now: HostTime, wait: MediaDuration) {
    if let clock { synchroniser.wait = .atMost(wait, origin: clock.zero) }
    if sound.isFinished {
      synchroniser.finish(stream: Self.soundStream, now: now)
    } else {
      // The resampler may still hold some samples before the stream's position.
      synchroniser.advance(stream: Self.soundStream, to: sound.position - .milliseconds(20))
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
    while let moment = synchroniser.next(now: now) {
      guard let (tick, job) = takePending(moment.item ?? 0, dropped) else { continue }
      if let origin = path.origin, origin > tick - windowDuration, origin < tick {
        dropped(job)
        continue
      }
      complete(job, at: tick, now: now)
      return job
    }
    return nil
  }

  /// The tick of this number with its job. Its time is the frame's: the synchroniser's goes on where stamps went back.
  private func takePending(_ number: Int, _ dropped: (ModelJob) -> Void) -> (tick: MediaTime, job: ModelJob)? {
    while let first = pending.first, first.number < number {
      pending.removeFirst()
      dropped(first.job)
    }
    guard let first = pending.first, first.number == number else { return nil }
    pending.removeFirst()
    return (first.tick, first.job)
  }

  private func complete(_ job: ModelJob, at time: MediaTime, now: HostTime) {
    let end = job.start + job.duration
    job.start = min(job.start, time - windowDuration)
    job.duration = end - job.start
    job.synchronised = now
    stageFeatures(into: job, upTo: time)
  }

  private func stageFeatures(into job: ModelJob, upTo time: MediaTime) {
    let found = samples.copyWindow(endingAt: time, tolerance: tolerance, into: &windowSamples)
    job.skews.append(ResultRecord.Skew(stream: sound.id, skew: found.missing == 0 ? found.end - time : nil))
    feature.reset()
    var position = 0
    feature.push(windowSamples.span) { row, _ in
      for column in 0..<row.count where position < job.staged[featurePlace].count {
        job.staged[featurePlace][position] = row[column]
        position += 1
      }
    }
    while position < job.staged[featurePlace].count {
      job.staged[featurePlace][position] = 0
      position += 1
    }
  }
}
