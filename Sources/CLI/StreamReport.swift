import BraidCore
import BraidPipeline

/// What whole sessions took, as text and as JSON.
struct StreamReport {
  let rounds: [StreamMeasurement]

  /// The round whose time is the median.
  private var middle: StreamMeasurement? {
    let sorted = rounds.sorted { $0.wall < $1.wall }
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  /// A line for the session, and two for each model.
  var text: String {
    guard let middle else { return "" }
    let number = Columns.number
    var lines = [
      "\(number(middle.duration, 2)) s of media in \(number(middle.wall, 3)) s: \(number(middle.realtimeFactor, 2)) times real "
        + "time, \(number(middle.peakMemory, 1)) MB at most"
        + (rounds.count > 1 ? " (the median of \(rounds.count) rounds)" : "")
    ]
    let width = middle.models.map(\.id.count).max() ?? 0
    if !middle.models.isEmpty {
      lines.append(
        Columns.left("", width) + "  offered  results   missed   p50 ms   p95 ms   p99 ms   max ms")
    }
    for model in middle.models {
      var line = Columns.left(model.id, width)
      for count in [model.offered, model.results, model.missed] {
        line += Columns.right(Double(count), 9, decimals: 0)
      }
      for (name, times) in [("runs", model.inference), ("capture to result", model.total)] {
        guard let times else { continue }
        for value in [times.p50, times.p95, times.p99, times.max] { line += Columns.right(value, 9) }
        lines.append(line + "  \(name)")
        line = Columns.left("", width + 27)
      }
      if model.inference == nil, model.total == nil { lines.append(line) }
      if !model.skipped.isEmpty {
        let reasons = model.skipped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        lines.append(Columns.left("", width) + "  passed over: \(reasons.joined(separator: ", "))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// One object for each round, a line each.
  var json: [UInt8] {
    var writer = JSONWriter()
    for round in rounds {
      writer.beginObject()
      let numbers: [(StaticString, Double)] = [
        ("duration", round.duration), ("wall", round.wall), ("realtime_factor", round.realtimeFactor),
        ("memory_mb", round.peakMemory),
      ]
      for (key, number) in numbers {
        writer.key(key)
        writer.value(number, decimals: 4)
      }
      writer.key("models")
      writer.beginObject()
      for model in round.models {
        writer.key(model.id)
        Self.write(model, to: &writer)
      }
      writer.endObject()
      writer.endObject()
      writer.endLine()
    }
    return writer.bytes
  }

  private static func write(_ model: StreamMeasurement.Model, to writer: inout JSONWriter) {
    writer.beginObject()
    let counts: [(StaticString, Int)] = [
      ("offered", model.offered), ("results", model.results), ("missed", model.missed),
    ]
    for (key, count) in counts {
      writer.key(key)
      writer.value(count)
    }
    writer.key("skipped")
    writer.beginObject()
    for (reason, count) in model.skipped.sorted(by: { $0.key < $1.key }) {
      writer.key(reason)
      writer.value(count)
    }
    writer.endObject()
    let ways: [(StaticString, StreamMeasurement.Times?)] = [
      ("inference_ms", model.inference), ("total_ms", model.total),
    ]
    for (key, times) in ways {
      guard let times else { continue }
      writer.key(key)
      writer.beginObject()
      let percentiles: [(StaticString, Double)] = [
        ("p50", times.p50), ("p95", times.p95), ("p99", times.p99), ("max", times.max),
      ]
      for (key, time) in percentiles {
        writer.key(key)
        writer.value(time, decimals: 3)
      }
      writer.endObject()
    }
    writer.endObject()
  }
}
