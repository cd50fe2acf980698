public import BraidCore

/// How a detector's finds are followed from picture to picture. Nil where nothing is said.
public struct TrackDescription: Hashable, Sendable {
  /// Scores below the model's threshold that continue a track though they begin none: from here on, 0 to 1; 0.1 without more.
  public var low: Float?
  /// How long something has to be seen for before it has a number; 40 ms without more.
  public var birth: MediaDuration?
  /// How long something may be out of sight without being another when it is back; 1 s without more.
  public var lost: MediaDuration?

  /// The default of ``low``: ByteTrack's.
  public static let low: Float = 0.1

  /// The names of all settings.
  public static let names = ["low", "birth", "lost"]

  /// Nothing is said.
  public init() {}

  /// Sets one of ``names``.
  ///
  /// - Returns: what is wrong: the message and the remedy. Nil where all is well.
  public mutating func set(_ name: String, to value: String) -> (message: String, remedy: String)? {
    let isRepeated: Bool
    switch name {
    case "low":
      guard let number = Float(value), number >= 0, number <= 1 else {
        return ("low '\(value.prefix(80))' is out of range", "Give a score of 0 to 1: 0.1")
      }
      isRepeated = low != nil
      low = number
    case "birth", "lost":
      guard let duration = MediaDuration(text: value), duration >= .zero, duration <= .seconds(60) else {
        return ("\(name) '\(value.prefix(80))' is no duration up to a minute", "Write it like 500ms or 1s")
      }
      isRepeated = (name == "birth" ? birth : lost) != nil
      if name == "birth" { birth = duration } else { lost = duration }
    default:
      let guess = Spelling.guess(name, among: Self.names).map { "Did you mean \($0)? " } ?? ""
      return ("there is no setting '\(name.prefix(80))'", guess + "There are \(Self.names.joined(separator: ", "))")
    }
    return isRepeated ? ("\(name) is given twice", "Give it once") : nil
  }

  /// What is said, each as the command line writes it: `lost=1000000000ns`.
  public var settings: [String] {
    [
      low.map { "low=\($0)" }, birth.map { "birth=\($0.nanoseconds)ns" }, lost.map { "lost=\($0.nanoseconds)ns" },
    ].compactMap(\.self)
  }

  /// The same, with what is not said taken from another.
  public func filled(from other: TrackDescription) -> TrackDescription {
    var filled = self
    filled.low = low ?? other.low
    filled.birth = birth ?? other.birth
    filled.lost = lost ?? other.lost
    return filled
  }
}
