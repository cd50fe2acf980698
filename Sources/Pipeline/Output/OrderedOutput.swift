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
    var subject: RecordSubject
    var writer: JSONWriter
  }

  private var lines: [Line] = []
  private var free: [JSONWriter] = []
  private var scratch: [UInt8] = []
  private var seq = 0
  /// The numbers that the last correctable events left with: a ring, empty until there is one.
  private var told: [(id: Int, seq: Int)] = []
  private var nextTold = 0
  /// More than can be corrected.
  private static let toldCapacity = MomentStage.correctable * 2

  /// Added to every record as `session`, for sinks that several sessions may share.
  var sessionID: String?

  /// How many lines wait.
  var count: Int { lines.count }

  /// Adds a record about `subject` that `body` writes; its `seq` is given when it leaves.
  mutating func add(_ order: LineOrder, _ subject: RecordSubject, _ body: (inout JSONWriter) -> Void) {
    var writer = free.popLast() ?? JSONWriter()
    writer.removeAll()
    writer.sessionID = sessionID
    body(&writer)
    // Most records come in order: look for the place from the end.
    var index = lines.count
    while index > 0, order < lines[index - 1].order { index -= 1 }
    lines.insert(Line(order: order, subject: subject, writer: writer), at: index)
  }

  /// Writes every line before `bound` to the sink, oldest first, and gives it to the others.
  mutating func release(before bound: MediaTime, to sink: RecordSink, _ others: SessionSinks? = nil) {
    var count = 0
    while count < lines.count, lines[count].order.time < bound || bound == .distantFuture {
      scratch.removeAll(keepingCapacity: true)
      let writer = lines[count].writer
      if let id = writer.correctableID { remember(id) }
      if writer.bytes(numbered: seq, revising: writer.revision.flatMap { number(of: $0.id) }, into: &scratch) {
        seq += 1
      }
      sink.write(scratch)
      others?.take(scratch, about: lines[count].subject, at: lines[count].order.time)
      free.append(lines[count].writer)
      count += 1
    }
    lines.removeFirst(count)
  }

  private mutating func remember(_ id: Int) {
    if told.isEmpty { told = Array(repeating: (-1, 0), count: Self.toldCapacity) }
    told[nextTold] = (id, seq)
    nextTold = (nextTold + 1) % told.count
  }

  /// The number that an event left with. A line follows those that it corrects.
  private func number(of id: Int) -> Int? { told.first { $0.id == id }?.seq }
}
