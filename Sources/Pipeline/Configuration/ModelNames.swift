internal import BraidCore
internal import BraidInference

/// The names by which a session's models can be spoken of: as they were given, `name` or `name@version`.
struct ModelNames {
  private let models: [(given: String, description: ModelDescription)]

  /// The names of these models, `given` being what the user called them.
  init(_ models: [(given: String, description: ModelDescription)]) { self.models = models }

  /// The place of the model that is called `name`; nil if none is.
  func place(of name: String) -> Int? {
    models.firstIndex { [$0.given, $0.description.name, $0.description.id].contains(name) }
  }

  /// The place of the model that is called `name`.
  ///
  /// - Throws: ``PipelineError/Code/configuration`` if none is, with what was likely meant.
  func place(of name: String, location: String) throws(PipelineError) -> Int {
    if let place = place(of: name) { return place }
    let names = models.map(\.description.name)
    let guess = Spelling.guess(name, among: names).map { "Did you mean \($0)? " } ?? ""
    throw PipelineError(
      .configuration, "the session has no model '\(name.prefix(80))'", location: location,
      remedy: guess + (names.isEmpty ? "Name it with --model too" : "It has \(names.joined(separator: ", "))"))
  }

  /// `name@version` of the model that is called `name`.
  ///
  /// - Throws: as ``place(of:location:)``.
  func id(of name: String, location: String) throws(PipelineError) -> String {
    models[try place(of: name, location: location)].description.id
  }

  /// The place of the model that is called by the whole of `text`, or by what stands before one of its colons, and the label after
  /// that.
  ///
  /// - Throws: as ``place(of:location:)``.
  func placeAndLabel(of text: String, location: String) throws(PipelineError) -> (place: Int, label: String?) {
    if let place = place(of: text) { return (place, nil) }
    for colon in text.indices.reversed() where text[colon] == ":" {
      if let place = place(of: String(text[..<colon])) { return (place, String(text[text.index(after: colon)...])) }
    }
    let name = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    return (try place(of: String(name), location: location), nil)
  }
}
