internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidMedia

/// Puts a session's parts together before anything runs: streams, what is computed from them, models.
struct SessionBuilder {
  let configuration: SessionConfiguration
  /// Whether frames come as time goes: at real-time pace, or from a live input.
  let isPaced: Bool
  let ready: Signal
  private(set) var streams: [StreamSlot] = []

  init(_ configuration: SessionConfiguration, isPaced: Bool, ready: Signal) {
    self.configuration = configuration
    self.isPaced = isPaced
    self.ready = ready
  }

  /// Adds the selected streams of an input.
  ///
  /// - Returns: their rings, by the stream's index within the input, and the rows that its threads are traced on.
  mutating func add(
    _ description: InputDescription, input: Int, wake: Signal, trace: SessionTrace?
  ) -> (rings: [Int: Ring], trace: InputTrace?) {
    let rows = trace?.input(input)
    var rings: [Int: Ring] = [:]
    for stream in description.streams where stream.isSelected {
      let number = streams.filter { $0.kind == stream.kind }.count
      let id = "\(stream.kind.rawValue):\(number)"
      let subject = trace?.recorder.subject(id) ?? .none
      let ring = Ring(
        capacity: Self.capacity(stream.kind, isPaced: isPaced), policy: isPaced ? .dropOldest : .block, ready: ready,
        space: wake, trace: rows.flatMap { trace?.ring(subject, order: streams.count, $0) })
      rings[stream.index] = ring
      streams.append(
        StreamSlot(
          order: streams.count, id: id, kind: stream.kind, input: input, description: stream, ring: ring,
          subject: subject))
    }
    return (rings, rows)
  }

  private static func capacity(_ kind: InputStreamKind, isPaced: Bool) -> RingCapacity {
    switch kind {
    case .video: RingCapacity(elements: isPaced ? 8 : 4, bytes: 64 << 20)
    case .audio: RingCapacity(elements: isPaced ? 100 : 16, bytes: 16 << 20)
    // Writers to FIFOs hold lines back and bring them at once.
    default: RingCapacity(elements: isPaced ? 4096 : 256, bytes: 4 << 20)
    }
  }

  /// The first stream of a kind.
  ///
  /// - Throws: ``PipelineError/Code/noStreamForModel`` where the session has none.
  func stream(_ kind: InputStreamKind, for model: String) throws(PipelineError) -> StreamSlot {
    if let stream = streams.first(where: { $0.kind == kind }) { return stream }
    let what = kind == .video ? "picture" : "sound"
    let have = streams.map(\.id).joined(separator: ", ")
    throw PipelineError(
      .noStreamForModel, "it takes \(what), and the input has none (it has \(have.isEmpty ? "nothing" : have))",
      location: model, remedy: "Choose another input, other --streams or another model")
  }

  /// The stream's sound at a rate in one channel, made when first asked for.
  func sound(of stream: StreamSlot, sampleRate: Int) throws(MediaError) -> SoundPath {
    try sound(of: stream, format: SoundFormat(sampleRate: sampleRate))
  }

  /// The stream's sound in a format, made when first asked for.
  func sound(of stream: StreamSlot, format: SoundFormat) throws(MediaError) -> SoundPath {
    if let path = stream.sounds.first(where: { $0.format == format }) { return path }
    let path = try SoundPath(format: format)
    stream.sounds.append(path)
    return path
  }

  /// The stream's pictures at a size, made when first asked for.
  func pictures(
    of stream: StreamSlot, width: Int, height: Int, layout: PictureScaler.Layout, frames: Int
  ) throws(MediaError) -> PicturePath {
    try pictures(of: stream, fit: PictureFit(width: width, height: height), layout: layout, frames: frames)
  }

  /// The stream's pictures as they are fitted into a size, made when first asked for.
  func pictures(
    of stream: StreamSlot, fit: PictureFit, layout: PictureScaler.Layout, frames: Int
  ) throws(MediaError) -> PicturePath {
    let existing = stream.pictures.first { $0.fit == fit && $0.layout == layout }
    if let existing {
      existing.keep(frames: frames)
      return existing
    }
    let path = try PicturePath(fit, layout: layout, frames: frames)
    stream.pictures.append(path)
    return path
  }

  /// Binds a model to the streams that feed it.
  func feed(for loaded: LoadedModel) throws -> (stream: StreamSlot, feed: ModelFeed) {
    let description = loaded.description
    if description.isMoment { return try momentFeed(for: loaded) }
    var bound: (StreamSlot, ModelFeed)?
    for (place, input) in description.inputs.enumerated() {
      switch input.source {
      case .results, .state, .constant: continue
      case .picture, .features, .samples:
        guard bound == nil else {
          throw PipelineError(
            .invalidDescription, "it takes more than one \(description.takesSound ? "window of sound" : "picture")",
            location: loaded.path, remedy: "Describe one such input")
        }
        bound = try feed(input.source, place: place, model: description.id)
      }
    }
    guard let bound else {
      throw PipelineError(
        .invalidDescription, "no input takes sound or pictures", location: loaded.path, remedy: "Describe one that does"
      )
    }
    return bound
  }

  private func feed(
    _ source: ModelDescription.Source, place: Int, model: String
  ) throws -> (StreamSlot, ModelFeed) {
    switch source {
    case .picture(let picture) where picture.frames == 1:
      return (try stream(.video, for: model), .picture)
    case .picture(let picture):
      let stream = try stream(.video, for: model)
      let path = try pictures(
        of: stream, fit: PictureFit(picture), layout: picture.colour == .gray ? .gray : .rgb, frames: picture.frames)
      return (stream, .pictures(path, PictureTensor(picture), place: place))
    case .features(let window):
      let stream = try stream(.audio, for: model)
      let path = try sound(of: stream, sampleRate: window.sampleRate)
      let track = try path.track(try window.selection, rows: window.rows + 1024)
      return (stream, .features(path, track: track, window, place: place))
    case .samples(let window):
      let stream = try stream(.audio, for: model)
      let path = try sound(of: stream, sampleRate: window.sampleRate)
      path.keep(samples: window.context + window.hop + 4 * window.sampleRate)
      return (stream, .samples(path, window, place: place))
    case .results, .state, .constant:
      throw PipelineError(.invalidDescription, "the input takes nothing from a stream", location: model)
    }
  }
}
