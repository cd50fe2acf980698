internal import BraidCore
internal import BraidFeatures

/// Tells one feature of one stream as `features` records.
///
/// For the session's thread. Allocates: no, in the steady state.
final class FeatureStage {
  private enum Source {
    case sound(SoundPath, any SoundFeature)
    case picture(PicturePath, any PictureFeature)
    case together(TogetherStage)
  }

  private let source: Source
  let stream: StreamSlot
  private let output: SessionOutput
  /// The feature's place among the features.
  private let place: Int
  /// Its place behind the models, so that lines at one time have an order.
  private let order: Int
  private var record = FeaturesRecord()

  /// A feature of sound, computed by `path`.
  init(name: String, stream: StreamSlot, path: SoundPath, track: Int, place: Int, order: Int, output: SessionOutput) {
    let feature = path.tracks[track].feature
    source = .sound(path, feature)
    self.stream = stream
    self.output = output
    self.place = place
    self.order = order
    record.name = name
    record.stream = stream.id
    record.dimension = feature.dimension
    if feature.hopSamples > 0 { record.hop = .samples(Int64(feature.hopSamples), sampleRate: path.sampleRate) }
    path.listen(toTrack: track) { [unowned self, unowned path] row, number in
      // Rows at times of their own have a record each.
      if record.hop == nil { tell() }
      if record.values.isEmpty {
        record.pts = path.time(ofSample: feature.centreSample(ofRow: number))
        record.epoch = path.epoch
      }
      for index in row.indices { record.values.append(row[index]) }
    }
  }

  /// A feature of pictures, scaled by `path`.
  init(
    name: String, stream: StreamSlot, path: PicturePath, feature: any PictureFeature, place: Int, order: Int,
    output: SessionOutput
  ) {
    source = .picture(path, feature)
    self.stream = stream
    self.output = output
    self.place = place
    self.order = order
    record.name = name
    record.stream = stream.id
    record.dimension = feature.dimension
  }

  /// A feature of sound and pictures, told on the stream of pictures.
  init(name: String, together stage: TogetherStage, place: Int, order: Int, output: SessionOutput) {
    source = .together(stage)
    stream = stage.picture
    self.output = output
    self.place = place
    self.order = order
    record.name = name
    record.stream = stream.id
    record.dimension = stage.feature.dimension
    stage.listener = { [unowned self] row, time in
      record.pts = time
      record.epoch = stream.epoch
      for index in row.indices { record.values.append(row[index]) }
      tell()
    }
  }

  /// What feeds it, where it is a feature of sound and pictures.
  var together: TogetherStage? {
    if case .together(let stage) = source { return stage }
    return nil
  }

  /// Values in a row.
  var dimension: Int { record.dimension }

  /// Nothing earlier than this will be told.
  var bound: MediaTime {
    if case .together(let stage) = source { return stage.bound }
    if stream.isFinished { return .distantFuture }
    guard case .sound(let path, let feature) = source, let origin = path.origin else { return stream.position }
    // A row waits for no more than its delay.
    guard let delay = feature.delaySamples else { return origin }
    return path.time(ofSample: max(0, path.sampleCount - delay))
  }

  /// Tells the rows that the sound so far has completed.
  func takeSound() {
    if case .sound = source { tell() }
  }

  /// Tells the newest picture's row.
  func takePicture(_ frame: VideoFrame) {
    guard case .picture(let path, let feature) = source else { return }
    path.picture(age: 0) { picture in
      let format = PictureFormat(width: path.width, height: path.height, matrix: picture.matrix)
      feature.push(picture.pixels.span, format: format, time: frame.time) { row in
        record.pts = frame.time
        record.epoch = frame.epoch
        for index in row.indices { record.values.append(row[index]) }
      }
    }
    tell()
  }

  /// The run has ended: what follows begins anew.
  func reset() {
    if case .picture(_, let feature) = source { feature.reset() }
  }

  private func tell() {
    guard !record.values.isEmpty else { return }
    output.features(record, place: place, order: LineOrder(time: record.pts, stream: stream.order, model: order))
    record.values.removeAll(keepingCapacity: true)
  }
}
