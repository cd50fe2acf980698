internal import CYaml

/// The events of a YAML stream, one after the other: the owner of a libyaml parser.
@safe
struct YAMLEvents: ~Copyable {
  /// What an event is, with copies of its texts.
  enum Event {
    case scalar(text: String, isPlain: Bool, tag: String?, anchor: String?)
    case listStart(tag: String?, anchor: String?)
    case listEnd
    case mapStart(tag: String?, anchor: String?)
    case mapEnd
    case alias(String)
    case documentStart
    case documentEnd
    case streamEnd
  }

  /// What libyaml finds wrong.
  struct Fault: Error {
    var place: DocumentPlace
    var message: String
  }

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  /// A stream of valid UTF-8.
  init?(_ text: [UInt8]) {
    unsafe bytes = .allocate(capacity: max(1, text.count))
    _ = unsafe bytes.initialize(fromContentsOf: text)
    unsafe parser = .allocate(capacity: 1)
    unsafe parser.initialize(to: yaml_parser_t())
    guard unsafe yaml_parser_initialize(parser) == 1 else {
      unsafe parser.deallocate()
      unsafe bytes.deallocate()
      return nil
    }
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, text.count)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe bytes.deallocate()
  }

  /// The next event with the place where it begins. None may be asked for after the stream's end or a fault.
  mutating func next() throws(Fault) -> (event: Event, place: DocumentPlace) {
    while true {
      var event = unsafe yaml_event_t()
      guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw fault() }
      defer { unsafe yaml_event_delete(&event) }
      let mark = unsafe event.start_mark
      let place = DocumentPlace(line: mark.line + 1, column: mark.column + 1)
      if let event = unsafe Self.event(event) { return (event, place) }
    }
  }

  /// Nil for what says nothing: the stream's start.
  private static func event(_ event: yaml_event_t) -> Event? {
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      let text = unsafe String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return .scalar(
        text: text, isPlain: unsafe scalar.style == YAML_PLAIN_SCALAR_STYLE, tag: unsafe string(scalar.tag),
        anchor: unsafe string(scalar.anchor))
    case YAML_SEQUENCE_START_EVENT:
      let list = unsafe event.data.sequence_start
      return .listStart(tag: unsafe string(list.tag), anchor: unsafe string(list.anchor))
    case YAML_MAPPING_START_EVENT:
      let map = unsafe event.data.mapping_start
      return .mapStart(tag: unsafe string(map.tag), anchor: unsafe string(map.anchor))
    case YAML_ALIAS_EVENT: return .alias(unsafe string(event.data.alias.anchor) ?? "")
    case YAML_SEQUENCE_END_EVENT: return .listEnd
    case YAML_MAPPING_END_EVENT: return .mapEnd
    case YAML_DOCUMENT_START_EVENT: return .documentStart
    case YAML_DOCUMENT_END_EVENT: return .documentEnd
    case YAML_STREAM_START_EVENT: return nil
    default: return .streamEnd
    }
  }

  private static func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    guard let text = unsafe text else { return nil }
    return unsafe String(cString: text)
  }

  private func fault() -> Fault {
    let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "the memory does not suffice"
    if unsafe parser.pointee.error == YAML_READER_ERROR {
      return Fault(place: place(ofByte: unsafe parser.pointee.problem_offset), message: problem)
    }
    let mark = unsafe parser.pointee.problem_mark
    var message = problem
    if let context = unsafe parser.pointee.context {
      let line = unsafe parser.pointee.context_mark.line + 1
      let begun = line == mark.line + 1 ? "" : " that begins in line \(line)"
      message = unsafe "\(String(cString: context))\(begun): \(problem)"
    }
    return Fault(place: DocumentPlace(line: mark.line + 1, column: mark.column + 1), message: message)
  }

  private func place(ofByte offset: Int) -> DocumentPlace {
    let before = unsafe String(decoding: bytes[..<min(max(0, offset), bytes.count)], as: UTF8.self).unicodeScalars
    let line = before.reversed().prefix { $0 != "\n" }
    return DocumentPlace(line: before.reduce(1) { $1 == "\n" ? $0 + 1 : $0 }, column: line.count + 1)
  }
}
