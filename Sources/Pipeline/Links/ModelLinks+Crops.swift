internal import BraidCore
internal import BraidInference

/// Models that look at what others have found.
extension ModelLinks {
  /// Adds a model that looks at crops.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` for models that there are not, for a model that takes something else than one
  ///   picture, and for another that detects nothing, or not in pictures.
  mutating func add(_ setting: CropSetting, models: [Named]) throws(PipelineError) {
    let location = "--crops"
    func refuse(_ message: String, _ remedy: String) -> PipelineError {
      PipelineError(.configuration, message, location: location, remedy: remedy)
    }
    let names = ModelNames(models.map { ($0.given, $0.description) })
    let model = try names.place(of: setting.model, location: location)
    let (source, label) = try names.placeAndLabel(of: setting.source, location: location)
    let (description, found) = (models[model].description, models[source].description)
    guard model != source else {
      throw refuse("\(found.name) cannot look at what it finds itself", "Name another model after the '='")
    }
    guard crops(of: model) == nil else {
      throw refuse("\(description.name) is given twice", "Give it the crops of one model")
    }
    guard description.onePicture != nil else {
      let takes =
        description.takesSound
        ? "sound" : description.resultInput != nil ? "results" : description.carriesState ? "state" : "several pictures"
      throw refuse(
        "\(description.name) takes \(takes), and a crop is one picture", "Name a model that takes one picture")
    }
    switch description.decoder {
    case .events, .labelledEvents, .keywords, .ctc, .audio:
      throw refuse(
        "\(description.name) tells \(description.decoder.name), which things in one picture have no time for",
        "Describe its output in a braid.json as classification, regression, embedding, mask, detections or raw")
    case .detections, .classification, .regression, .embedding, .mask, .raw: break
    }
    guard case .detections(let detections) = found.decoder else {
      throw refuse("\(found.name) detects nothing that could be cut out", "Name a model that tells detections")
    }
    guard found.takesPictures else {
      throw refuse(
        "\(found.name) detects in sound, of which nothing can be cut out", "Name a model that takes pictures")
    }
    try Self.check(label, among: detections.labels, of: found.name, what: "detections", location: location)
    append(
      Crops(model: model, source: source, feed: CropFeed(label: label, setting.crops.filled(from: description.crops))))
  }
}
