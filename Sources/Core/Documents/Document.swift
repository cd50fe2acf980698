/// How much a document may hold.
public struct DocumentLimits: Hashable, Sendable {
  /// Bytes of the file.
  public var bytes = 1 << 20
  /// Values, those that an alias stands for counted at each of its places.
  public var nodes = 100_000
  /// Lists and maps inside each other, through aliases too.
  public var depth = 64

  /// The usual limits: 1 MiB, 100 000 values, 64 levels.
  public init() {}
}

/// A YAML or JSON document, read as a whole, whose values know where they stand.
///
/// YAML 1.2 with its core schema, by libyaml; JSON is read as what it is of YAML. One document a file; keys are scalars and
/// stand once in a map; anchors and aliases work within ``DocumentLimits``; there are no merge keys, and of tags only YAML's
/// own.
public struct Document: Hashable, Sendable {
  /// The file's name as errors tell it.
  public let file: String
  /// The outermost value.
  public let root: DocumentNode

  /// Reads a document from bytes.
  ///
  /// - Throws: ``DocumentError`` with the place of what is no YAML, of every key that stands twice, or of what passes a limit.
  public init(_ bytes: [UInt8], file: String, limits: DocumentLimits = DocumentLimits()) throws(DocumentError) {
    guard bytes.count <= limits.bytes else {
      throw DocumentError(
        .limitExceeded, file: file,
        [DocumentFault(place: nil, field: "", message: "it is longer than \(limits.bytes) bytes", remedy: "Shorten it")]
      )
    }
    self.file = file
    let composer = try DocumentComposer(JSONText.readable(bytes), file: file, limits: limits)
    root = try composer.document()
  }

  /// Reads a document from a file.
  ///
  /// - Throws: as for bytes, and `unreadable` with the system's words.
  public init(path: String, limits: DocumentLimits = DocumentLimits()) throws(DocumentError) {
    try self.init(try DocumentFile.bytes(path, limit: limits.bytes + 1), file: path, limits: limits)
  }

  /// The outermost map, with the faults that reading it finds.
  ///
  /// Another value than a map is a fault, and the map then empty.
  public func map(_ faults: DocumentFaults) -> DocumentMap {
    let field = DocumentField(path: "", node: root, place: root.place, faults: faults)
    if !field.isPresent { field.fault("it is empty", remedy: "Write its fields as 'name: value', or as a JSON object") }
    return field.map() ?? DocumentMap(path: "", entries: [], place: root.place, faults: faults, isWhole: false)
  }

  /// Where a field stands.
  ///
  /// - Parameter path: `inputs[0].mean`, as faults have it.
  /// - Returns: its place, or that of the nearest one around it that there is.
  public func place(of path: String) -> DocumentPlace {
    var (node, place) = (root, root.place)
    var rest = path.utf8[...]
    while !rest.isEmpty {
      switch node.content {
      case .list(let values):
        let digits = rest.dropFirst().prefix { $0 != UInt8(ascii: "]") }
        guard let index = Int(String(decoding: digits, as: UTF8.self)), values.indices.contains(index) else {
          return place
        }
        (node, place) = (values[index], values[index].place)
        rest = rest.dropFirst(digits.count + 2)
      case .map(let entries):
        if rest.first == UInt8(ascii: ".") { rest = rest.dropFirst() }
        guard let (entry, length) = Self.entry(entries, rest) else { return place }
        (node, place) = (entry.value, entry.value.content == .null ? entry.place : entry.value.place)
        rest = rest.dropFirst(length)
      default: return place
      }
    }
    return place
  }

  /// The entry that a path goes on with, and how many of its bytes name it.
  private static func entry(
    _ entries: [DocumentNode.Entry], _ path: Substring.UTF8View
  ) -> (DocumentNode.Entry, length: Int)? {
    for entry in entries {
      let step = DocumentField.path("", entry.key).utf8
      let next = path.dropFirst(step.count).first
      if path.starts(with: step), next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[") {
        return (entry, step.count)
      }
    }
    return nil
  }
}
