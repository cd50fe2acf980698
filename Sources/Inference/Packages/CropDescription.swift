internal import BraidCore

/// How a model that looks at single things takes its pictures out of larger ones. Nil where nothing is said.
public struct CropDescription: Hashable, Sendable {
  /// What is added to a box on each side, in parts of its width and of its height: 0 to 10, 0 without more.
  public var margin: Float?
  /// Whether the shorter side is widened to the longer one.
  public var isSquare: Bool?
  /// How many crops of a picture are looked at, the best detections first: 1 to 64, 16 without more.
  public var limit: Int?

  /// The names of all settings.
  public static let names = ["margin", "square", "max"]

  /// Nothing is said.
  public init() {}

  /// Sets one of ``names``.
  ///
  /// - Returns: what is wrong: the message and the remedy. Nil where all is well.
  public mutating func set(_ name: String, to value: String) -> (message: String, remedy: String)? {
    let isRepeated: Bool
    switch name {
    case "margin":
      guard let number = Float(value), number >= 0, number <= 10 else {
        return ("margin '\(value.prefix(80))' is out of range", "Give 0 to 10, in parts of the box: 0.2")
      }
      isRepeated = margin != nil
      margin = number
    case "square":
      guard value == "yes" || value == "no" else {
        return ("square '\(value.prefix(80))' is neither yes nor no", "Give yes or no")
      }
      isRepeated = isSquare != nil
      isSquare = value == "yes"
    case "max":
      guard let number = Int(value), (1...64).contains(number) else {
        return ("max '\(value.prefix(80))' is out of range", "Give 1 to 64")
      }
      isRepeated = limit != nil
      limit = number
    default:
      let guess = Spelling.guess(name, among: Self.names).map { "Did you mean \($0)? " } ?? ""
      return ("there is no setting '\(name.prefix(80))'", guess + "There are \(Self.names.joined(separator: ", "))")
    }
    return isRepeated ? ("\(name) is given twice", "Give it once") : nil
  }

  /// The same, with what is not said taken from another.
  public func filled(from other: CropDescription) -> CropDescription {
    var filled = self
    filled.margin = margin ?? other.margin
    filled.isSquare = isSquare ?? other.isSquare
    filled.limit = limit ?? other.limit
    return filled
  }
}

extension CropDescription: CustomStringConvertible {
  /// As text: `margin=0.2,square=yes,max=8`.
  public var description: String {
    [
      margin.map { "margin=\($0)" }, isSquare.map { "square=\($0 ? "yes" : "no")" }, limit.map { "max=\($0)" },
    ].compactMap(\.self).joined(separator: ",")
  }
}
