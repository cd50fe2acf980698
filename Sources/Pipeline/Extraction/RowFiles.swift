internal import BraidCore

/// Writes each feature into a sink of its own, in one of two formats.
///
/// For the session's thread.
final class RowFiles: RowReceiver {
  /// What a sink gets.
  enum Format {
    /// NumPy's array of 32-bit floats, `[rows, values]`.
    case npy
    /// A line for each row: its time in seconds and its values; a first line with what they are.
    case csv
  }

  private struct Feature {
    let sink: any RowSink
    let dimension: Int
    var rows = 0
  }

  private let format: Format
  private let open: (RowDescription) throws(PipelineError) -> any RowSink
  private var features: [Feature] = []
  private var bytes: [UInt8] = []
  private var writer = JSONWriter()
  private(set) var condition = RecordSink.Condition.open
  /// Gaps so far, for the note to the user.
  private(set) var gaps: [GapRecord] = []

  /// Sinks that `open` gives.
  init(_ format: Format, open: @escaping (RowDescription) throws(PipelineError) -> any RowSink) {
    self.format = format
    self.open = open
  }

  func begin(_ features: [RowDescription]) throws(PipelineError) {
    for feature in features {
      let sink = try open(feature)
      self.features.append(Feature(sink: sink, dimension: feature.dimension))
      switch format {
      case .npy: sink.write(NPYHeader.bytes(rows: 0, columns: feature.dimension))
      case .csv:
        sink.write(Array((["pts"] + feature.columns).joined(separator: ",").utf8) + [0x0a])
      }
    }
  }

  func take(_ record: FeaturesRecord, place: Int) {
    guard features.indices.contains(place) else { return }
    bytes.removeAll(keepingCapacity: true)
    switch format {
    case .npy:
      for value in record.values {
        let bits = value.bitPattern
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> shift)) }
      }
    case .csv: writeLines(record)
    }
    features[place].rows += record.values.count / max(1, record.dimension)
    features[place].sink.write(bytes)
    if features[place].sink.condition != .open { condition = features[place].sink.condition }
  }

  func take(_ gap: GapRecord) {
    if gaps.count < 100 { gaps.append(gap) }
  }

  func finish(isComplete: Bool) {
    for feature in features {
      let header = format == .npy ? NPYHeader.bytes(rows: feature.rows, columns: feature.dimension) : []
      let ended = feature.sink.finish(replacingStart: header, isComplete: isComplete && condition == .open)
      if condition == .open { condition = ended }
    }
  }

  /// A row as JSON writes an array of numbers, without the brackets.
  private func writeLines(_ record: FeaturesRecord) {
    var row = 0
    while (row + 1) * record.dimension <= record.values.count, record.dimension > 0 {
      writer.removeAll()
      writer.beginArray()
      let hop = (record.hop ?? .zero).nanoseconds
      writer.value(record.pts + MediaDuration(nanoseconds: hop * Int64(row)))
      for column in 0..<record.dimension { writer.value(record.values[row * record.dimension + column]) }
      writer.endArray()
      bytes.append(contentsOf: writer.bytes.dropFirst().dropLast())
      bytes.append(0x0a)
      row += 1
    }
  }
}

/// The start of NumPy's file of one array of 32-bit floats, always 128 bytes long, so that it can be written again when
/// the number of rows is known. Format: `numpy.lib.format`, version 1.0.
enum NPYHeader {
  static func bytes(rows: Int, columns: Int) -> [UInt8] {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
    let length = 128 - 10
    let padded = Array(text.utf8) + Array(repeating: 0x20, count: max(0, length - 1 - text.utf8.count)) + [0x0a]
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length), 0] + padded
  }
}
