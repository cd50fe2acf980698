/// Every feature there is.
public enum FeatureCatalog {
  /// The definitions, in the order that help lists them.
  public static let definitions: [FeatureDefinition] = [
    FeatureDefinition(
      name: "rms", aliases: [], source: .sound, unit: "dBFS", shape: "[rows, 1]", dimension: 1,
      timing: .init(windowMilliseconds: 10, hopMilliseconds: 10),
      summary: "level of each 10 ms, floored at -120 dBFS"),
    FeatureDefinition(
      name: "log-mel:kaldi", aliases: ["log-mel"], source: .sound, unit: "ln", shape: "[rows, 80]", dimension: 80,
      timing: .init(windowMilliseconds: 25, hopMilliseconds: 10),
      summary: "log energies of 80 mel bands, as kaldi-native-fbank computes them without dither"),
    FeatureDefinition(
      name: "mfcc:kaldi", aliases: ["mfcc"], source: .sound, unit: "1", shape: "[rows, 13]", dimension: 13,
      timing: .init(windowMilliseconds: 25, hopMilliseconds: 10),
      summary: "13 cepstral coefficients of 23 mel bands, as kaldi-native-fbank computes them without dither"),
    FeatureDefinition(
      name: "luma", aliases: [], source: .picture, unit: "0..1", shape: "[rows, 1]", dimension: 1, timing: nil,
      summary: "mean brightness of each picture, black 0 to white 1"),
    FeatureDefinition(
      name: "motion", aliases: [], source: .picture, unit: "0..1", shape: "[rows, 1]", dimension: 1, timing: nil,
      summary: "mean absolute difference of 8 by 8 blocks to the picture before"),
  ]

  /// The definition that a name or an alias stands for.
  ///
  /// - Throws: ``FeatureError/Code/unknownFeature`` with what was likely meant, and what there is.
  public static func definition(named name: String) throws(FeatureError) -> FeatureDefinition {
    if let found = definitions.first(where: { $0.name == name || $0.aliases.contains(name) }) { return found }
    let names = definitions.flatMap { [$0.name] + $0.aliases }
    let near = names.map { (name: $0, distance: editDistance(name.lowercased(), $0)) }
      .min { $0.distance < $1.distance }
    let all = "There are \(definitions.map(\.name).joined(separator: ", "))"
    let guess = near.flatMap { $0.distance <= max(2, $0.name.count / 3) ? "Did you mean \($0.name)? " : nil }
    throw FeatureError(
      .unknownFeature, "there is no feature called '\(name.prefix(80))'", location: "features",
      remedy: (guess ?? "") + all)
  }

  /// The extractor of a feature of sound, with its defaults.
  ///
  /// - Throws: ``FeatureError`` if there is no such feature, it is one of pictures, or the rate is out of range.
  public static func soundFeature(named name: String, sampleRate: Int) throws(FeatureError) -> any SoundFeature {
    let definition = try definition(named: name)
    switch definition.name {
    case "rms": return try RMS(sampleRate: sampleRate)
    case "log-mel:kaldi": return try LogMel(sampleRate: sampleRate)
    case "mfcc:kaldi": return try MFCC(sampleRate: sampleRate)
    default:
      throw FeatureError(
        .unknownFeature, "'\(definition.name)' is a feature of pictures, not of sound", location: "features",
        remedy: "Take one of sound: \(definitions.filter { $0.source == .sound }.map(\.name).joined(separator: ", "))")
    }
  }

  /// Insertions, deletions and replacements from one text to the other; texts are cut at 80 characters.
  private static func editDistance(_ first: String, _ second: String) -> Int {
    let first = Array(first.prefix(80))
    let second = Array(second.prefix(80))
    var row = Array(0...second.count)
    for (index, character) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in second.indices {
        let replaced = diagonal + (second[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
      }
    }
    return row[second.count]
  }
}
