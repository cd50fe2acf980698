internal import BraidCore
internal import BraidFeatures
internal import BraidInference

/// Where a model's input comes from in this session.
enum ModelFeed {
  /// Each frame of a stream of pictures, scaled when the model runs.
  case picture
  /// The newest few pictures, staged as input `place`.
  case pictures(PicturePath, PictureTensor<Float>, place: Int)
  /// A window of rows of a feature, staged as input `place`.
  case features(SoundPath, track: Int, ModelDescription.FeatureWindow, place: Int)
  /// A window of samples, staged as input `place`.
  case samples(SoundPath, ModelDescription.SampleWindow, place: Int)
  /// Crops of what another model has found.
  case crops(CropFeed)
  /// What another model gave in its last runs, staged as input `place`.
  case results(ResultHistory, place: Int)
  /// Pictures and the sound up to the newest of them.
  case moment(MomentFeed)

  /// Whether it is crops of what another model has found.
  var isCrops: Bool { if case .crops = self { true } else { false } }

  /// Whether another model's stage feeds it, and not its stream.
  var isFed: Bool {
    switch self {
    case .crops, .results: true
    case .picture, .pictures, .features, .samples, .moment: false
    }
  }
}

extension ModelDescription {
  /// Whether it takes picture and sound together, and so ticks on moments.
  var isMoment: Bool {
    takesPictures && takesSound
  }

  /// Whether it takes pictures, one or several.
  var takesPictures: Bool {
    inputs.contains { if case .picture = $0.source { true } else { false } }
  }

  /// The one input that takes a picture, where there is nothing else but constants; nil else.
  var onePicture: (input: String, picture: Picture)? {
    var found: (String, Picture)?
    for input in inputs {
      switch input.source {
      case .constant: continue
      case .picture(let picture) where picture.frames == 1 && found == nil: found = (input.name, picture)
      case .picture, .features, .samples, .results, .state: return nil
      }
    }
    return found
  }

  /// How pictures become what it takes; nil where it takes none.
  var fit: PictureFit? {
    for case .picture(let picture) in inputs.map(\.source) { return PictureFit(picture) }
    return nil
  }

  /// Whether it takes sound in any form.
  var takesSound: Bool {
    inputs.contains {
      switch $0.source {
      case .features, .samples: true
      case .picture, .results, .state, .constant: false
      }
    }
  }

  /// The input that takes what another model gives; nil where there is none.
  var resultInput: (place: Int, window: ResultWindow)? {
    for (place, input) in inputs.enumerated() {
      if case .results(let window) = input.source { return (place, window) }
    }
    return nil
  }

  /// Whether it carries state from run to run.
  var carriesState: Bool {
    inputs.contains { if case .state = $0.source { true } else { false } }
  }
}

extension ModelDescription.FeatureWindow {
  /// The feature that it names, with as many values in a row as it says.
  ///
  /// - Throws: `FeatureError` where there is none, it is none of sound, or its rows or samples are others than are said.
  var selection: FeatureSelection {
    get throws(FeatureError) {
      let named = try FeatureSelection.parse(feature, onStreams: true)
      var selection = named[0]
      guard named.count == 1, selection.definition.source == .sound else {
        throw FeatureError(
          .unknownFeature, "'\(feature)' is not one feature of sound", location: "features", remedy: "Name one")
      }
      // What a row has so many of: coefficients, of which there may be fewer than bands, or bands.
      let names = selection.definition.parameters.map(\.name)
      if let width = ["coefficients", "bands"].first(where: names.contains) {
        try selection.set(width, to: "\(bands)")
      }
      let format = SoundFormat(sampleRate: sampleRate)
      guard let taken = selection.format(of: format), taken == format else {
        let rate = selection.format(of: format)?.sampleRate ?? sampleRate
        throw FeatureError(
          .invalidSetting, "'\(feature)' is computed from one channel at \(rate) Hz", location: "features",
          remedy: "Give 'rate' as \(rate)")
      }
      let computed = try selection.soundFeature(format)
      guard computed.dimension == bands else {
        throw FeatureError(
          .invalidSetting, "a row of '\(feature)' has \(computed.dimension) values, not \(bands)", location: "features",
          remedy: "Give 'bands' as \(computed.dimension)")
      }
      guard !computed.keepsWholeClip, computed.hopSamples > 0 else {
        throw FeatureError(
          .invalidSetting, "rows of '\(feature)' do not come at even distances while the sound goes on",
          location: "features",
          remedy: "Use one like log-mel:kaldi")
      }
      return selection
    }
  }
}
