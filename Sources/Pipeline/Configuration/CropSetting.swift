internal import BraidCore
public import BraidInference

/// That a model of a session looks at what another has found, as the command line writes it:
/// `emotions=faces:face,margin=0.2,square=yes,max=8`.
public struct CropSetting: Hashable, Sendable {
  /// The model that looks at crops, by its name, `name@version`, or as it was given.
  public var model: String
  /// The model whose detections they are of, and after a colon which of them; all without one.
  public var source: String
  /// How they are cut out; what is not said is as the model's package says.
  public var crops = CropDescription()

  /// That `model` looks at what `source` detects, as its package says.
  init(model: String, source: String) {
    (self.model, self.source) = (model, source)
  }

  /// Reads a setting.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public init(_ text: String) throws(PipelineError) {
    let location = "--crops"
    let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    (model, source) = try GateSetting.pair(fields[0], location: location, example: "MODEL=OTHER:LABEL,margin=0.2")
    for field in fields.dropFirst() {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if let fault = crops.set(parts[0], to: parts.count == 2 ? parts[1] : "") {
        let guess =
          CropDescription.names.contains(parts[0])
          ? "" : Spelling.guess(parts[0], among: CropDescription.names).map { "Did you mean \($0)? " } ?? ""
        throw PipelineError(.configuration, fault.message, location: location, remedy: guess + fault.remedy)
      }
    }
  }

  /// As text, such that it can be read again.
  var text: String {
    let settings = crops.description
    return "\(model)=\(source)" + (settings.isEmpty ? "" : ",\(settings)")
  }
}
