/// What somebody may have meant who wrote a name that there is not.
public enum Spelling {
  /// The likeliest of `names`; nil where none is near: more than a third of its letters, and more than two, would have to
  /// change. Texts are compared without regard to case.
  public static func guess(_ name: String, among names: [String]) -> String? {
    let near = names.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
      .min { $0.distance < $1.distance }
    return near.flatMap { $0.distance <= max(2, $0.name.count / 3) ? $0.name : nil }
  }

  /// Insertions, deletions and replacements from one text to the other, each cut at 80 characters (Levenshtein).
  public static func distance(_ first: String, _ second: String) -> Int {
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
