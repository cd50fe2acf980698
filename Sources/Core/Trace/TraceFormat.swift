/// Turns entries of a trace into events of Chrome's trace-event format: a JSON array with an event on each line.
struct TraceFormat {
  /// What was written since the last ``hand(to:)``: whole events.
  private(set) var bytes: [UInt8] = []
  private var writer = JSONWriter()
  private let zero: HostTime
  /// The rows that have been named, by place.
  private var named: [Bool] = []

  /// A format whose times are counted from `zero`.
  init(zero: HostTime) {
    self.zero = zero
    bytes.append(contentsOf: "[\n".utf8)
    begin("M", "process_name", row: nil)
    key("args")
    writer.beginObject()
    key("name")
    writer.value("braid" as StaticString)
    writer.endObject()
    writer.endObject()
    bytes.append(contentsOf: writer.bytes)
  }

  /// Gives away what was written.
  mutating func hand(to write: ([UInt8]) -> Void) {
    guard !bytes.isEmpty else { return }
    write(bytes)
    bytes.removeAll(keepingCapacity: true)
  }

  /// Ends the array.
  mutating func end() { bytes.append(contentsOf: "\n]\n".utf8) }

  /// Adds an entry of a row; before the row's first, what the row is called.
  mutating func add(_ entry: borrowing TraceEntry, row place: Int, of row: TraceRow, subjects: [String]) {
    nameOnce(row, place)
    switch entry.kind {
    case .flow(let flow, let phase): add(flow, phase, row: place, time: entry.time)
    case .span:
      begin("X", entry.name, of: entry.subject, subjects, row: place)
      time("ts", entry.time - zero)
      time("dur", entry.duration)
      addArguments(entry)
      end(event: ())
    case .instant:
      begin("i", entry.name, of: entry.subject, subjects, row: place)
      time("ts", entry.time - zero)
      key("s")
      writer.value("t" as StaticString)
      addArguments(entry)
      end(event: ())
    case .counter:
      begin("C", entry.name, of: entry.subject, subjects, row: place)
      time("ts", entry.time - zero)
      addArguments(entry)
      end(event: ())
    }
  }

  /// Adds an instant of all rows whose arguments are a JSON object.
  mutating func add(_ name: StaticString, facts: [UInt8], row: Int, time: HostTime) {
    begin("i", name, row: row)
    self.time("ts", time - zero)
    key("s")
    writer.value("g" as StaticString)
    key("args")
    writer.value(json: facts)
    end(event: ())
  }

  /// Adds that a row had no room for some entries.
  mutating func addDropped(_ count: Int, row: Int, time: HostTime) {
    begin("i", "entries dropped", row: row)
    self.time("ts", time - zero)
    key("s")
    writer.value("t" as StaticString)
    key("args")
    writer.beginObject()
    key("count")
    writer.value(count)
    writer.endObject()
    end(event: ())
  }

  private mutating func add(_ flow: TraceFlow, _ phase: TraceFlow.Phase, row: Int, time: HostTime) {
    let letter: StaticString =
      switch phase {
      case .begins: "s"
      case .continues: "t"
      case .ends: "f"
      }
    begin(letter, flow.kind == .frame ? "frame" : "job", row: row)
    key("cat")
    writer.value("flow" as StaticString)
    self.time("ts", time - zero)
    key("id")
    writer.value(Int(clamping: flow.id))
    if phase == .ends {
      // To the slice that is open, not to the next.
      key("bp")
      writer.value("e" as StaticString)
    }
    end(event: ())
  }

  private mutating func nameOnce(_ row: TraceRow, _ place: Int) {
    while named.count <= place { named.append(false) }
    guard !named[place] else { return }
    named[place] = true
    begin("M", "thread_name", row: place)
    key("args")
    writer.beginObject()
    key("name")
    writer.value(row.name)
    writer.endObject()
    end(event: ())
    begin("M", "thread_sort_index", row: place)
    key("args")
    writer.beginObject()
    key("sort_index")
    writer.value(row.order)
    writer.endObject()
    end(event: ())
  }

  // MARK: Parts of an event

  private mutating func begin(_ phase: StaticString, _ name: StaticString, row: Int?) {
    begin(phase, row: row)
    key("name")
    writer.value(name)
  }

  /// An event that is called by its name and its subject, in the category of its name.
  private mutating func begin(
    _ phase: StaticString, _ name: StaticString, of subject: TraceSubject, _ subjects: [String], row: Int
  ) {
    begin(phase, row: row)
    key("name")
    if subject != .none, subjects.indices.contains(subject.index) {
      writer.value(name, subjects[subject.index])
    } else {
      writer.value(name)
    }
    key("cat")
    writer.value(name)
  }

  private mutating func begin(_ phase: StaticString, row: Int?) {
    writer.removeAll()
    writer.beginObject()
    key("ph")
    writer.value(phase)
    key("pid")
    writer.value(1)
    if let row {
      key("tid")
      writer.value(row + 1)
    }
  }

  private mutating func end(event: Void) {
    writer.endObject()
    bytes.append(UInt8(ascii: ","))
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: writer.bytes)
  }

  /// A key. (A literal handed to the writer itself would be a `String`, and be looked through for what needs an escape.)
  private mutating func key(_ name: StaticString) { writer.key(name) }

  private mutating func time(_ name: StaticString, _ duration: MediaDuration) {
    key(name)
    writer.microseconds(duration)
  }

  private mutating func addArguments(_ entry: borrowing TraceEntry) {
    let (first, second, third, fourth) = entry.arguments
    if entry.reason == nil, case .none = first { return }
    key("args")
    writer.beginObject()
    if let reason = entry.reason {
      key("reason")
      writer.value(reason)
    }
    add(first)
    add(second)
    add(third)
    add(fourth)
    writer.endObject()
  }

  private mutating func add(_ argument: TraceArgument) {
    switch argument {
    case .none: break
    case .count(let key, let count):
      writer.key(key)
      writer.value(count)
    case .time(let key, let time):
      writer.key(key)
      writer.value(time)
    case .duration(let key, let duration):
      writer.key(key)
      writer.milliseconds(duration)
    }
  }
}
