internal import BraidCore

/// The place of a line among a session's lines.
struct LineOrder: Comparable {
  /// The record's time, or that of the result which led to it.
  var time: MediaTime
  /// The stream's place in the session; -1 for what is of no stream.
  var stream: Int
  /// The model's place in the session; -1 for what is of no model.
  var model: Int

  static func < (lhs: LineOrder, rhs: LineOrder) -> Bool {
    (lhs.time, lhs.stream, lhs.model) < (rhs.time, rhs.stream, rhs.model)
  }
}

/// Holds records back until nothing earlier can come, so that lines leave in the order of (time, stream, model).
///
/// Records of the same place leave in the order in which they came. Allocates: only while it grows.
struct OrderedOutput {
  private struct Line {
    var order: LineOrder
    var writer: JSONWriter
  }

  private var lines: [Line] = []
  private var free: [JSONWriter] = []
  private var scratch: [UInt8] = []
  private var seq = 0

  /// Added to every record as `session`, for sinks that several sessions may share.
  var sessionID: String?

  /// How many lines wait.
  var count: Int { lines.count }

  /// Adds a record that `body` writes; its `seq` is given when it leaves.
  mutating func add(_ order: LineOrder, _ body: (inout JSONWriter) -> Void) {
    var writer = free.popLast() ?? JSONWriter()
    writer.removeAll()
    writer.sessionID = sessionID
    body(&writer)
    // Most records come in order: look for the place from the end.
    var index = lines.count
    while index > 0, order < lines[index - 1].order { index -= 1 }
    lines.insert(Line(order: order, writer: writer), at: index)
  }

  /// Writes every line before `bound` to the sink, oldest first.
  mutating func release(before bound: MediaTime, to sink: RecordSink) {
    var count = 0
    while count < lines.count, lines[count].order.time < bound || bound == .distantFuture {
      scratch.removeAll(keepingCapacity: true)
      if lines[count].writer.bytes(numbered: seq, into: &scratch) { seq += 1 }
      sink.write(scratch)
      free.append(lines[count].writer)
      count += 1
    }
    lines.removeFirst(count)
  }
}
