/// Makes values of a YAML stream's events.
///
/// Aliases share what they stand for, and each use counts as if it were written out; so a document whose aliases multiply ends in
/// an error before anything walks it.
struct DocumentComposer: ~Copyable {
  /// What an anchor names, with what it counts.
  private struct Anchored {
    var node: DocumentNode
    var count: Int
    var height: Int
  }

  /// The most bytes of a name of a field: as many as YAML allows to one without a question mark before it.
  private static let keyLimit = 1024

  private let file: String
  private let limits: DocumentLimits
  private var events: YAMLEvents
  private var anchors: [String: Anchored] = [:]
  private var count = 0
  private var faults: [DocumentFault] = []

  /// - Throws: ``DocumentError`` where the bytes are no UTF-8.
  init(_ bytes: [UInt8], file: String, limits: DocumentLimits) throws(DocumentError) {
    self.file = file
    self.limits = limits
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw DocumentError(
        .invalid, file: file,
        [
          DocumentFault(
            place: Self.firstInvalid(bytes), field: "", message: "it is no UTF-8 text", remedy: "Save it as UTF-8")
        ])
    }
    guard let events = YAMLEvents(bytes) else {
      throw DocumentError(
        .limitExceeded, file: file, [DocumentFault(place: nil, field: "", message: "the memory does not suffice")])
    }
    self.events = events
  }

  /// The outermost value of the only document; null where there is none.
  consuming func document() throws(DocumentError) -> DocumentNode {
    let (first, start) = try next()
    guard case .documentStart = first else { return DocumentNode(content: .null, spelling: "", place: start) }
    let (event, place) = try next()
    let root = try node(event, place, depth: 1).node
    _ = try next()
    let (end, second) = try next()
    guard case .streamEnd = end else {
      throw fault(second, "a second document begins", remedy: "Keep one document in a file")
    }
    guard faults.isEmpty else { throw DocumentError(.invalid, file: file, faults) }
    return root
  }

  private mutating func node(
    _ event: YAMLEvents.Event, _ place: DocumentPlace, depth: Int
  ) throws(DocumentError) -> Anchored {
    if case .alias(let name) = event { return try alias(name, place, depth: depth) }
    guard depth <= limits.depth else { throw tooDeep(place) }
    let before = count
    try add(1, place)
    var height = 1
    let made: DocumentNode
    let anchor: String?
    switch event {
    case .scalar(let text, let isPlain, let tag, let name):
      anchor = name
      made = DocumentNode(
        content: try scalar(text, isPlain: isPlain, tag: tag, place), spelling: text, place: place)
    case .listStart(let tag, let name):
      anchor = name
      try check(tag, is: "seq", place)
      var values: [DocumentNode] = []
      while true {
        let (event, place) = try next()
        if case .listEnd = event { break }
        let value = try node(event, place, depth: depth + 1)
        values.append(value.node)
        height = max(height, value.height + 1)
      }
      made = DocumentNode(content: .list(values), spelling: "", place: place)
    case .mapStart(let tag, let name):
      anchor = name
      try check(tag, is: "map", place)
      let (entries, inner) = try entries(depth: depth)
      height = inner + 1
      made = DocumentNode(content: .map(entries), spelling: "", place: place)
    default:
      throw fault(place, "a value is missing", remedy: "Write one")
    }
    let anchored = Anchored(node: made, count: count - before, height: height)
    if let anchor { anchors[anchor] = anchored }
    return anchored
  }

  private mutating func entries(depth: Int) throws(DocumentError) -> ([DocumentNode.Entry], height: Int) {
    var entries: [DocumentNode.Entry] = []
    var places: [String: DocumentPlace] = [:]
    var height = 0
    while true {
      let (event, place) = try next()
      if case .mapEnd = event { return (entries, height) }
      guard case .scalar(let key, _, _, _) = event else {
        throw fault(
          place, "a name of a field must be a plain text", remedy: "Put quotes around what is meant as a text")
      }
      guard key.utf8.count <= Self.keyLimit else {
        throw fault(
          place, "a name of a field has \(key.utf8.count) bytes", remedy: "Give it \(Self.keyLimit) at most")
      }
      try add(1, place)
      let (inner, innerPlace) = try next()
      let value = try node(inner, innerPlace, depth: depth + 1)
      height = max(height, value.height)
      if let first = places.updateValue(place, forKey: key) {
        places[key] = first
        faults.append(
          DocumentFault(
            place: place, field: String(key.prefix(80)),
            message: "the field is given twice, first in line \(first.line)",
            remedy: "Keep one of them"))
      } else {
        entries.append(DocumentNode.Entry(key: key, place: place, value: value.node))
      }
    }
  }

  private mutating func alias(_ name: String, _ place: DocumentPlace, depth: Int) throws(DocumentError) -> Anchored {
    guard let anchored = anchors[name] else {
      throw fault(
        place, "there is no anchor '&\(name.prefix(80))' before this alias",
        remedy: "Put quotes around a text that begins with '*'")
    }
    guard depth - 1 + anchored.height <= limits.depth else { throw tooDeep(place) }
    try add(anchored.count, place)
    let node = DocumentNode(content: anchored.node.content, spelling: anchored.node.spelling, place: place)
    return Anchored(node: node, count: anchored.count, height: anchored.height)
  }

  private func scalar(
    _ text: String, isPlain: Bool, tag: String?, _ place: DocumentPlace
  ) throws(DocumentError) -> DocumentNode.Content {
    let resolved: DocumentNode.Content = isPlain ? .init(plain: text) : .text(text)
    guard let tag else { return resolved }
    if tag == "!" || tag == "tag:yaml.org,2002:str" { return .text(text) }
    let expected =
      switch DocumentNode.Content(plain: text) {
      case .null: "null"
      case .flag: "bool"
      case .whole: "int"
      case .number: "float"
      default: "str"
      }
    try check(tag, is: expected, place)
    return .init(plain: text)
  }

  private func check(_ tag: String?, is expected: String, _ place: DocumentPlace) throws(DocumentError) {
    guard let tag, tag != "!", tag != "tag:yaml.org,2002:\(expected)" else { return }
    throw fault(place, "the tag '\(tag.prefix(80))' does not fit this value", remedy: "Leave it out")
  }

  private mutating func add(_ nodes: Int, _ place: DocumentPlace) throws(DocumentError) {
    count += nodes
    guard count <= limits.nodes else {
      throw DocumentError(
        .limitExceeded, file: file,
        [
          DocumentFault(
            place: place, field: "",
            message: "there are more than \(limits.nodes) values, with those that aliases stand for",
            remedy: "Use fewer aliases of aliases, or fewer values")
        ])
    }
  }

  private mutating func next() throws(DocumentError) -> (event: YAMLEvents.Event, place: DocumentPlace) {
    do throws(YAMLEvents.Fault) {
      return try events.next()
    } catch {
      if error.message.contains("nesting level") { throw tooDeep(error.place) }
      let remedy =
        error.message.contains("cannot start any token")
        ? "Indent with spaces, not tabs, and put quotes around texts that begin with '@', '`', '%' or a quote"
        : "Mend the YAML or JSON there or just before it"
      throw fault(error.place, "it is not valid: \(error.message)", remedy: remedy)
    }
  }

  private func fault(_ place: DocumentPlace, _ message: String, remedy: String) -> DocumentError {
    DocumentError(
      .invalid, file: file, faults + [DocumentFault(place: place, field: "", message: message, remedy: remedy)])
  }

  private func tooDeep(_ place: DocumentPlace) -> DocumentError {
    DocumentError(
      .limitExceeded, file: file,
      [
        DocumentFault(
          place: place, field: "", message: "more than \(limits.depth) lists and maps are inside each other",
          remedy: "Nest it less deeply")
      ])
  }

  private static func firstInvalid(_ bytes: [UInt8]) -> DocumentPlace {
    // The replacement character stands for the first byte that does not fit, unless the text has one of its own before.
    var place = DocumentPlace(line: 1, column: 1)
    var index = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      let own = Array(String(Character(scalar)).utf8)
      guard index + own.count <= bytes.count, bytes[index..<(index + own.count)].elementsEqual(own) else { break }
      index += own.count
      place =
        scalar == "\n"
        ? DocumentPlace(line: place.line + 1, column: 1) : DocumentPlace(line: place.line, column: place.column + 1)
    }
    return place
  }
}
