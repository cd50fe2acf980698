/// A field of a document that is read: each getter gives the value, or makes a fault and gives nil.
///
/// A field that is not given, or is null, gives nil without a fault; ``required()`` makes one of that.
public struct DocumentField {
  /// `inputs[0].mean`
  public let path: String
  /// Where its value stands; where it is not given, what it is missing in.
  public let place: DocumentPlace
  private let node: DocumentNode?
  private let faults: DocumentFaults
  /// Whether its absence would be a fault of its own: not where all around it was no map at all.
  private let isMissing: Bool

  init(path: String, node: DocumentNode?, place: DocumentPlace, faults: DocumentFaults, isMissing: Bool = true) {
    self.path = path
    self.node = node
    self.place = place
    self.faults = faults
    self.isMissing = isMissing
  }

  /// Whether it is given and not null.
  public var isPresent: Bool { node.map { $0.content != .null } ?? false }

  /// The value as it was read.
  public var content: DocumentNode.Content? { node?.content }

  /// Makes a fault of this field.
  public func fault(_ message: String, remedy: String = "") {
    faults.add(DocumentFault(place: place, field: path, message: message, remedy: remedy))
  }

  /// The same field, after making a fault where it is not given.
  public func required(_ remedy: String = "") -> DocumentField {
    if !isPresent, isMissing { fault(node == nil ? "the field is missing" : "the field is empty", remedy: remedy) }
    return self
  }

  // MARK: Scalars

  /// A text. Numbers and truth values count as what is written: `version: 1.10` is `1.10`.
  public func text() -> String? {
    guard let node, isPresent else { return nil }
    switch node.content {
    case .text(let text): return text
    case .flag, .whole, .number: return node.spelling
    default: return wrong("a text")
    }
  }

  /// A whole number in a range; `8.0` is one.
  public func whole(_ range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
    guard let node, isPresent else { return nil }
    let limits = "Give \(range.lowerBound) to \(range.upperBound)"
    let remedy = range == Int.min...Int.max ? "Write it without quotes" : limits
    switch node.content {
    case .whole(let number):
      if range.contains(Int(number)) { return Int(number) }
      return refuse("\(node.spelling.prefix(80)) is out of range", remedy)
    case .number(let number):
      guard let whole = Int(exactly: number) else {
        let isWhole = number.rounded() == number
        return refuse("\(node.spelling.prefix(80)) is \(isWhole ? "out of range" : "no whole number")", remedy)
      }
      return range.contains(whole) ? whole : refuse("\(node.spelling.prefix(80)) is out of range", remedy)
    default: return wrong("a whole number", remedy)
    }
  }

  /// A finite number in a range.
  public func number(_ range: ClosedRange<Double> = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude)
    -> Double?
  {
    guard let node, isPresent else { return nil }
    let isAny = range.upperBound == .greatestFiniteMagnitude
    let remedy =
      isAny ? "Give a finite number" : "Give \(Self.spelled(range.lowerBound)) to \(Self.spelled(range.upperBound))"
    let number: Double
    switch node.content {
    case .whole(let whole): number = Double(whole)
    case .number(let real): number = real
    default: return wrong("a number", remedy)
    }
    return range.contains(number) ? number : refuse("\(node.spelling.prefix(80)) is out of range", remedy)
  }

  /// `true` or `false`; `yes` and `no` are texts in YAML 1.2, and taken too.
  public func flag() -> Bool? {
    guard let node, isPresent else { return nil }
    switch node.content {
    case .flag(let flag): return flag
    case .text("yes"): return true
    case .text("no"): return false
    default: return wrong("true or false")
    }
  }

  /// One of the values of an enumeration, by its name.
  public func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type = Choice.self) -> Choice?
  where Choice.RawValue == String {
    choice(among: Choice.allCases.map(\.rawValue)).flatMap(Choice.init(rawValue:))
  }

  /// One of some names.
  public func choice(among names: [String]) -> String? {
    guard let text = text() else { return nil }
    if names.contains(text) { return text }
    let guess = Spelling.guess(text, among: names).map { "Did you mean '\($0)'? " } ?? ""
    return refuse("'\(text.prefix(80))' is not known", "\(guess)It is one of \(names.joined(separator: ", "))")
  }

  /// A duration as on the command line, `50ms`; a plain number is seconds.
  public func duration(_ range: ClosedRange<MediaDuration>? = nil) -> MediaDuration? {
    guard let text = text() else { return nil }
    guard let duration = MediaDuration(text: text) else {
      return refuse("'\(text.prefix(80))' is no duration", "Write it as 50ms, 1.5s, 2m or 1:30")
    }
    if let range, !range.contains(duration) {
      let limits = [range.lowerBound, range.upperBound].map { "\(Self.spelled($0.milliseconds)) ms" }
      return refuse("'\(text.prefix(80))' is out of range", "Give \(limits[0]) to \(limits[1])")
    }
    return duration
  }

  // MARK: Structure

  /// The values of a list.
  public func list() -> [DocumentField]? {
    guard let node, isPresent else { return nil }
    guard case .list(let values) = node.content else { return wrong("a list") }
    return values.enumerated().map {
      DocumentField(path: "\(path)[\($0.offset)]", node: $0.element, place: $0.element.place, faults: faults)
    }
  }

  /// A map, whose fields are read in turn.
  public func map() -> DocumentMap? {
    guard let node, isPresent else { return nil }
    guard case .map(let entries) = node.content else { return wrong("a map of names and values") }
    return DocumentMap(path: path, entries: entries, place: node.place, faults: faults)
  }

  // MARK: Faults

  private func wrong<Value>(_ wanted: String, _ remedy: String = "") -> Value? {
    var remedy = remedy
    if case .text(let text)? = content, remedy.isEmpty || !wanted.hasSuffix("text") {
      switch DocumentNode.Content(plain: text) {
      case .flag, .whole, .number: remedy = "Write it without quotes"
      default: break
      }
    }
    return refuse("it must be \(wanted), and is \(node?.kind ?? "nothing")", remedy)
  }

  private func refuse<Value>(_ message: String, _ remedy: String) -> Value? {
    fault(message, remedy: remedy)
    return nil
  }

  /// A number as people write it: `1`, not `1.0`.
  private static func spelled(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

  /// A field's path inside another's: `inputs[0].mean`, `labels["a b"]`; of a longer name its first 80 Unicode scalars.
  public static func path(_ outer: String, _ key: String) -> String {
    let key = String(key.unicodeScalars.prefix(80))
    let isName = !key.isEmpty && key.utf8.allSatisfy { $0.isASCIIName }
    guard isName else { return "\(outer)[\"\(key)\"]" }
    return outer.isEmpty ? key : "\(outer).\(key)"
  }
}

extension UInt8 {
  fileprivate var isASCIIName: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F
      || self == 0x2D
  }
}
