internal import BraidCore

/// Writes rows as JSON Lines: `features` records, and `gap` records where something is missing.
///
/// For the session's thread.
final class RowLines: RowReceiver {
  private let sink: any RowSink
  private var writer = JSONWriter()
  private var scratch: [UInt8] = []
  private var seq: Int
  private(set) var condition = RecordSink.Condition.open

  /// Lines to `sink`.
  ///
  /// - Parameters:
  ///   - sink: where they go.
  ///   - input: what each line says of where its rows come from; nil to say nothing.
  ///   - seq: the first line's number.
  init(to sink: any RowSink, input: String? = nil, seq: Int = 0) {
    self.sink = sink
    self.seq = seq
    writer.input = input
  }

  /// The number of the next line.
  var nextSeq: Int { seq }

  func begin(_ features: [RowDescription]) {}

  func take(_ record: FeaturesRecord, place: Int) {
    writer.removeAll()
    record.write(to: &writer)
    tell()
  }

  func take(_ gap: GapRecord) {
    writer.removeAll()
    gap.write(to: &writer)
    tell()
  }

  func finish(isComplete: Bool) { condition = sink.finish(replacingStart: [], isComplete: isComplete) }

  private func tell() {
    scratch.removeAll(keepingCapacity: true)
    if writer.bytes(numbered: seq, into: &scratch) { seq += 1 }
    sink.write(scratch)
    condition = sink.condition
  }
}
