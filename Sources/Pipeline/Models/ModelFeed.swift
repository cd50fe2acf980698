internal import BraidCore
internal import BraidFeatures
internal import BraidInference

/// Where a model's input comes from in this session.
enum ModelFeed {
  /// Each frame of a stream of pictures, scaled when the model runs.
  case picture
  /// The newest few pictures, staged as input `place`.
  case pictures(PicturePath, PictureTensor, place: Int)
  /// A window of rows of a feature, staged as input `place`.
  case features(SoundPath, track: Int, ModelDescription.FeatureWindow, place: Int)
  /// A window of samples, staged as input `place`.
  case samples(SoundPath, ModelDescription.SampleWindow, place: Int)
  /// Crops of what another model has found.
  case crops(CropFeed)
  /// Pictures and the sound up to the newest of them.
  case moment(MomentFeed)

  /// Whether it is what another model has found.
  var isCrops: Bool { if case .crops = self { true } else { false } }
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
      case .picture, .features, .samples, .state: return nil
      }
    }
    return found
  }

  /// Whether it takes sound in any form.
  var takesSound: Bool {
    inputs.contains {
      switch $0.source {
      case .features, .samples: true
      case .picture, .state, .constant: false
      }
    }
  }

  /// Whether it carries state from run to run.
  var carriesState: Bool {
    inputs.contains { if case .state = $0.source { true } else { false } }
  }
}

extension ModelDescription.FeatureWindow {
  /// The feature that it names, with as many bands as it says.
  var selection: FeatureSelection {
    get throws(FeatureError) {
      let named = try FeatureSelection.parse(feature, onStreams: true)
      var selection = named[0]
      guard named.count == 1, selection.definition.source == .sound else {
        throw FeatureError(
          .unknownFeature, "'\(feature)' is not one feature of sound", location: "features", remedy: "Name one")
      }
      try selection.set("bands", to: "\(bands)")
      return selection
    }
  }
}
