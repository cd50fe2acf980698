internal import BraidCore

/// Every feature there is.
public enum FeatureCatalog {
  /// The definitions, in the order that help lists them.
  public static let definitions: [FeatureDefinition] =
    [
      RMS.definition,
      Peak.definition,
      Loudness.definition,
      STFT.definition,
      STFT.powerDefinition,
      MelFeature.kaldiLogMel,
      MelFeature.kaldiMFCC,
      MelFeature.librosaMel,
      MelFeature.librosaLogMel,
      MelFeature.librosaMFCC,
      MelFeature.torchaudioMel,
      MelFeature.torchaudioLogMel,
      MelFeature.torchaudioMFCC,
      MelFeature.whisper,
      MelFeature.speechCommands,
      MelFeature.yamnet,
      MelFeature.speechEmbedding,
      MicroFrontEnd.definition,
      Pitch.definition,
      ZeroCrossings.definition,
    ] + SpectralShape.definitions + [
      OnsetStrength.definition,
      Onsets.definition,
      Tempo.definition,
      LumaMean.definition,
      LumaContrast.definition,
      LumaHistogram.definition,
      ChromaHistogram.definition,
      Colourfulness.definition,
      Sharpness.definition,
      Motion.definition,
      BlockFlow.definition,
      SceneCutScore.definition,
      BlackPicture.definition,
      FrozenPicture.definition,
      PerceptualHashing.definition,
      SoundPictureOffset.definition,
    ]

  /// The definition that a name or an alias stands for.
  ///
  /// - Throws: ``FeatureError/Code/unknownFeature`` with what was likely meant, and what there is.
  public static func definition(named name: String) throws(FeatureError) -> FeatureDefinition {
    if let found = definitions.first(where: { $0.name == name || $0.aliases.contains(name) }) { return found }
    let names = definitions.flatMap { [$0.name] + $0.aliases }
    let guess = Spelling.guess(name, among: names).map { "Did you mean \($0)? " }
    throw FeatureError(
      .unknownFeature, "there is no feature called '\(name.prefix(80))'", location: "features",
      remedy: (guess ?? "") + listRemedy)
  }

  /// A regular expression that the name of every feature matches, with its settings or without.
  public static var namePattern: String {
    "^(\(definitions.map(\.name).joined(separator: "|")))(,[a-z-]+=[^,=]+)*$"
  }

  static var listRemedy: String { "There are \(definitions.map(\.name).joined(separator: ", "))" }
}
