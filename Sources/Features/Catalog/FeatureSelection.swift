/// A feature with its settings, as somebody asked for it: `mfcc:librosa,top-db=none`.
public struct FeatureSelection: Sendable {
  /// What it is.
  public let definition: FeatureDefinition
  /// All of its settings.
  public private(set) var settings: FeatureSettings

  /// A feature as its definition has it, on a stream or over a whole clip.
  public init(_ definition: FeatureDefinition, onStreams: Bool) {
    self.definition = definition
    settings = FeatureSettings(standard: definition.parameters, onStreams: onStreams)
  }

  /// The definition's name and every setting that is not the standard one.
  public var name: String {
    let changed = definition.parameters.compactMap { parameter in
      settings[parameter.name].flatMap { $0 == parameter.standard ? nil : ",\(parameter.name)=\($0)" }
    }
    return definition.name + changed.joined()
  }

  /// The features of a list: names with commas between them, each followed by its settings: `rms,mfcc:librosa,bands=64`.
  ///
  /// - Parameters:
  ///   - list: as it was typed.
  ///   - onStreams: whether what needs a whole clip is replaced, where nothing else is asked for.
  /// - Returns: the features in the order of the list, at least one.
  /// - Throws: ``FeatureError/Code/unknownFeature``, ``FeatureError/Code/invalidSetting``.
  public static func parse(_ list: String, onStreams: Bool) throws(FeatureError) -> [FeatureSelection] {
    var selections: [FeatureSelection] = []
    for part in list.split(separator: ",") {
      let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2 else {
        selections.append(
          FeatureSelection(try FeatureCatalog.definition(named: String(part)), onStreams: onStreams))
        continue
      }
      guard !selections.isEmpty else {
        throw FeatureError(
          .invalidSetting, "the setting '\(part.prefix(40))' comes before any feature", location: "features",
          remedy: "Write the feature first: mfcc,coefficients=20")
      }
      try selections[selections.count - 1].set(String(sides[0]), to: String(sides[1]))
    }
    guard !selections.isEmpty else {
      throw FeatureError(
        .unknownFeature, "no feature is named", location: "features", remedy: FeatureCatalog.listRemedy)
    }
    return selections
  }

  /// Sets a parameter.
  ///
  /// - Throws: ``FeatureError/Code/invalidSetting`` with what there is and what it may be.
  public mutating func set(_ name: String, to text: String) throws(FeatureError) {
    guard let parameter = definition.parameters.first(where: { $0.name == name }) else {
      let all = definition.parameters.map(\.name).joined(separator: ", ")
      throw FeatureError(
        .invalidSetting, "it has no setting called '\(name.prefix(40))'", location: definition.name,
        remedy: all.isEmpty ? "It has no settings" : "There are \(all)")
    }
    settings.set(name, to: try parameter.value(text, feature: definition.name))
  }

  /// The samples that it takes of a stream; nil for pictures.
  public func format(of stream: SoundFormat) -> SoundFormat? {
    guard case .sound(let rate, let channels, _) = definition.maker else { return nil }
    let sampleRate = if case .fixed(let rate) = rate { rate } else { stream.sampleRate }
    return SoundFormat(sampleRate: sampleRate, channelCount: channels == .all ? stream.channelCount : 1)
  }

  /// Its extractor for samples of ``format(of:)``.
  ///
  /// - Throws: ``FeatureError`` if it is a feature of pictures, or the rate is out of range.
  public func soundFeature(_ format: SoundFormat) throws(FeatureError) -> any SoundFeature {
    guard case .sound(_, _, let make) = definition.maker else { throw wrongSource("sound") }
    return try make(settings, format)
  }

  /// Its extractor for pictures.
  ///
  /// - Throws: ``FeatureError`` if it is no feature of pictures.
  public func pictureFeature() throws(FeatureError) -> any PictureFeature {
    guard case .picture(let make) = definition.maker else { throw wrongSource("pictures") }
    return try make(settings)
  }

  /// Its extractor for sound and pictures together.
  ///
  /// - Throws: ``FeatureError`` if it is no such feature, or a setting does not fit.
  public func soundAndPictureFeature() throws(FeatureError) -> any SoundAndPictureFeature {
    guard case .soundAndPicture(_, let make) = definition.maker else { throw wrongSource("sound and pictures") }
    return try make(settings)
  }

  private func wrongSource(_ wanted: String) -> FeatureError {
    let names = FeatureCatalog.definitions.filter { $0.source != definition.source }.map(\.name)
    return FeatureError(
      .unknownFeature, "'\(definition.name)' is not a feature of \(wanted)", location: "features",
      remedy: "Take one of \(wanted): \(names.joined(separator: ", "))")
  }
}
