internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidMedia

/// Features, default events and moments.
extension SessionBuilder {
  /// The size at which motion, cuts and hits are detected.
  private static let detectorWidth = 160
  private static let detectorHeight = 90
  /// The size at which features of pictures are measured, whatever the picture's shape.
  private static let featureWidth = 320
  private static let featureHeight = 180

  /// What tells a feature.
  ///
  /// - Throws: `FeatureError` for settings that do not fit, ``PipelineError/Code/configuration`` where no stream has it.
  func featureStage(
    _ selection: FeatureSelection, place: Int, order: Int, output: SessionOutput
  ) throws -> FeatureStage {
    if selection.definition.source == .soundAndPicture {
      guard let stage = try togetherStage(try selection.soundAndPictureFeature()) else {
        throw PipelineError(
          .configuration, "'\(selection.name)' is a feature of sound and pictures, and the input has not both",
          location: "--features", remedy: "Leave it out, or choose another input")
      }
      return FeatureStage(name: selection.name, together: stage, place: place, order: order, output: output)
    }
    let isSound = selection.definition.source == .sound
    guard let stream = streams.first(where: { $0.kind == (isSound ? .audio : .video) }) else {
      throw PipelineError(
        .configuration,
        "'\(selection.name)' is a feature of \(isSound ? "sound" : "pictures"), and the input has none",
        location: "--features", remedy: "Leave it out, or choose another input")
    }
    guard isSound else {
      let path = try pictures(
        of: stream, width: Self.featureWidth, height: Self.featureHeight, layout: .yCbCr, frames: 1)
      return FeatureStage(
        name: selection.name, stream: stream, path: path, feature: try selection.pictureFeature(), place: place,
        order: order, output: output)
    }
    let facts = stream.description.audio
    // A decoder may know its rate only later: then what it gives is resampled.
    let own = SoundFormat(
      sampleRate: facts.map(\.sampleRate).flatMap { $0 > 0 ? $0 : nil } ?? 48_000,
      channelCount: max(1, facts?.channelCount ?? 1))
    let path = try sound(of: stream, format: selection.format(of: own) ?? own)
    let track = try path.track(selection, rows: 1)
    guard configuration.takesWholeClips || !path.tracks[track].feature.keepsWholeClip else {
      throw PipelineError(
        .configuration, "'\(selection.name)' needs the whole clip before its first row, which a stream does not give",
        location: "--features", remedy: "Use 'braid features' on a file, or a setting that needs less: see its --list")
    }
    return FeatureStage(
      name: selection.name, stream: stream, path: path, track: track, place: place, order: order, output: output)
  }

  /// What feeds a feature of the first streams of sound and pictures; nil where there are not both.
  func togetherStage(_ feature: any SoundAndPictureFeature) throws(MediaError) -> TogetherStage? {
    guard let sound = streams.first(where: { $0.kind == .audio }),
      let picture = streams.first(where: { $0.kind == .video })
    else { return nil }
    return TogetherStage(
      feature, sound: sound, soundPath: try self.sound(of: sound, sampleRate: feature.sampleRate), picture: picture,
      picturePath: try smallPictures(of: picture))
  }

  /// The stream's pictures as motion, cuts and hits are detected on: small and gray.
  func smallPictures(of stream: StreamSlot) throws(MediaError) -> PicturePath {
    try pictures(of: stream, width: Self.detectorWidth, height: Self.detectorHeight, layout: .gray, frames: 1)
  }

  /// What measures the offset between sound and picture for the summary.
  ///
  /// - Parameter models: the streams that models tick on.
  /// - Returns: nil where a session does not look at both.
  /// - Throws: `FeatureError` or `MediaError`, where a library has no memory.
  func offsetStage(lookedAt models: [StreamSlot]) throws -> TogetherStage? {
    for kind in [InputStreamKind.audio, .video] {
      guard let stream = streams.first(where: { $0.kind == kind }),
        !stream.sounds.isEmpty || !stream.pictures.isEmpty || models.contains(where: { $0 === stream })
      else { return nil }
    }
    return try togetherStage(try SoundPictureOffset())
  }

  /// What tells the default events: one for the first stream of each kind.
  func detectorStages(place: Int, output: SessionOutput) throws -> [DetectorStage] {
    var stages: [DetectorStage] = []
    if let stream = streams.first(where: { $0.kind == .audio }) {
      let path = try sound(of: stream, sampleRate: SpeechActivityDetector.sampleRate)
      stages.append(try DetectorStage(stream: stream, path: path, place: place, output: output))
    }
    if let stream = streams.first(where: { $0.kind == .video }) {
      let path = try smallPictures(of: stream)
      stages.append(DetectorStage(stream: stream, path: path, place: place, output: output))
    }
    return stages
  }

  /// Binds a model that takes picture and sound together.
  func momentFeed(for loaded: LoadedModel) throws -> (stream: StreamSlot, feed: ModelFeed) {
    var picture: (ModelDescription.Picture, Int)?
    var window: (ModelDescription.FeatureWindow, Int)?
    for (place, input) in loaded.description.inputs.enumerated() {
      switch input.source {
      case .picture(let taken) where picture == nil: picture = (taken, place)
      case .features(let taken) where window == nil: window = (taken, place)
      case .state, .constant: continue
      case .picture, .features, .samples, .results:
        throw PipelineError(
          .invalidDescription, "a moment is one picture input and one of features", location: loaded.path,
          remedy: "Describe one of each")
      }
    }
    guard let picture, let window else {
      throw PipelineError(
        .invalidDescription, "a moment takes a picture and features", location: loaded.path, remedy: "Describe both")
    }
    let id = loaded.description.id
    let tick = try stream(.video, for: id)
    let soundStream = try stream(.audio, for: id)
    let layout: PictureScaler.Layout = picture.0.colour == .gray ? .gray : .rgb
    let feed = try MomentFeed(
      pictures: pictures(
        of: tick, fit: PictureFit(picture.0), layout: layout, frames: picture.0.frames),
      tensor: PictureTensor(picture.0), picturePlace: picture.1, window: window.0, featurePlace: window.1,
      sound: soundStream, path: sound(of: soundStream, sampleRate: window.0.sampleRate),
      tolerance: configuration.tolerance, wait: configuration.wait)
    return (tick, .moment(feed))
  }
}
