internal import BraidCore
internal import BraidFeatures

/// Tells one feature of one stream as `features` records.
///
/// For the session's thread. Allocates: no, in the steady state.
final class FeatureStage {
  private enum Source {
    case sound(SoundPath, track: Int)
    case luma(PicturePath)
    case motion(PicturePath)
  }

  private let source: Source
  private var motion = Motion()
  let stream: StreamSlot
  private let output: SessionOutput
  /// The feature's place behind the models, so that lines at one time have an order.
  private let place: Int
  private var record = FeaturesRecord()
  private var toldRows = 0

  /// A feature of sound, computed by `path`.
  init(name: String, stream: StreamSlot, path: SoundPath, track: Int, place: Int, output: SessionOutput) {
    source = .sound(path, track: track)
    self.stream = stream
    self.output = output
    self.place = place
    record.name = name
    record.stream = stream.id
    let feature = path.tracks[track].feature
    record.hop = .samples(Int64(feature.hopSamples), sampleRate: path.sampleRate)
    record.dimension = feature.dimension
  }

  /// A feature of pictures: `luma` or `motion`.
  init(name: String, stream: StreamSlot, path: PicturePath, place: Int, output: SessionOutput) {
    source = name == "motion" ? .motion(path) : .luma(path)
    self.stream = stream
    self.output = output
    self.place = place
    record.name = name
    record.stream = stream.id
  }

  /// Nothing earlier than this will be told.
  var bound: MediaTime {
    if stream.isFinished { return .distantFuture }
    switch source {
    case .sound(let path, let track):
      guard path.origin != nil else { return stream.position }
      return path.time(ofSample: path.tracks[track].feature.centreSample(ofRow: toldRows))
    case .luma, .motion: return stream.position
    }
  }

  /// Tells the rows that the sound so far completes.
  func takeSound() {
    guard case .sound(let path, let track) = source else { return }
    let rows = path.tracks[track].rows
    let first = max(toldRows, rows.end - rows.capacity)
    guard rows.end > first else { return }
    let count = (rows.end - first) * record.dimension
    if record.values.count != count {
      record.values.removeAll(keepingCapacity: true)
      for _ in 0..<count { record.values.append(0) }
    }
    rows.copy(first..<rows.end, into: &record.values)
    tell(at: path.time(ofSample: path.tracks[track].feature.centreSample(ofRow: first)), epoch: path.epoch)
    toldRows = rows.end
  }

  /// Tells the newest picture's value.
  func takePicture(_ frame: VideoFrame) {
    let value: Float?
    switch source {
    case .sound: return
    case .luma(let path):
      value = path.picture(age: 0) { LumaMean.value($0.pixels.span, width: path.width, height: path.height) }
    case .motion(let path):
      // The first picture of a run has nothing to differ from.
      value = path.picture(age: 0) { motion.update($0.pixels.span, width: path.width, height: path.height) } ?? nil
    }
    record.values.removeAll(keepingCapacity: true)
    guard let value else { return }
    record.values.append(value)
    tell(at: frame.time, epoch: frame.epoch)
  }

  /// The run has ended: what follows begins anew.
  func reset() {
    toldRows = 0
    motion.reset()
  }

  private func tell(at time: MediaTime, epoch: Int) {
    record.pts = time
    record.epoch = epoch
    output.features(record, order: LineOrder(time: time, stream: stream.order, model: place))
  }
}
