import BraidCore
import BraidInference
import BraidPipeline

/// What is told of two models, and of how the second was made of the first: as text and as JSON.
struct ComparisonReport {
  let title: String
  let comparison: ModelComparison
  /// How the second was made; nil where it was there.
  let report: QuantisationReport?
  let mode: String?
  /// What was required and is not reached.
  var missed: [String] = []

  static func number(_ value: Double, _ decimals: Int) -> String {
    String(ModelBench.number(value, 1, decimals: decimals).drop { $0 == " " })
  }

  /// Negative numbers too.
  static func signed(_ value: Double, _ decimals: Int) -> String {
    value < 0 ? "-" + number(-value, decimals) : number(value, decimals)
  }

  private static func column(_ value: Double, _ width: Int, _ decimals: Int) -> String {
    let text = signed(value, decimals)
    return String(repeating: " ", count: max(1, width - text.count)) + text
  }

  // MARK: - Text

  /// Sections with an empty line between.
  var text: String {
    var lines = [title, "", verdict, ""]
    lines += timeLines + [""] + agreementLines
    if let report { lines += [""] + Self.lines(report) }
    return lines.joined(separator: "\n") + "\n"
  }

  var verdict: String { comparison.verdict }

  private var timeLines: [String] {
    let features = comparison.features.isEmpty ? "none of AMX, VNNI, AVX2" : comparison.features.joined(separator: ", ")
    var lines = [
      "speed on \(comparison.processor) (\(features); bytes by \(comparison.int8Path)), \(comparison.times.threads) "
        + (comparison.times.threads == 1 ? "thread" : "threads"),
      ModelBench.pad("", 26) + "   p50 ms   p95 ms   p99 ms  load ms",
    ]
    for (name, duel) in duels {
      for (which, times) in [("first", duel.first), ("second", duel.second)] {
        var line = ModelBench.pad("  \(name), \(which)", 26)
        for time in [times.p50, times.p95, times.p99, times.load] {
          line += ModelBench.number(ModelBench.milliseconds(time), 9)
        }
        lines.append(line)
      }
      lines.append("  → \(Self.number(duel.speedUp, 2)) times as fast")
    }
    lines.append(
      "  files: \(comparison.bytes.first) and \(comparison.bytes.second) bytes")
    return lines
  }

  /// Each way of running, by name.
  var duels: [(name: String, duel: ModelContest.Duel)] {
    var all = [("back to back", comparison.times.backToBack)]
    if let paced = comparison.times.paced {
      all.append(("at \(Self.number(comparison.times.rate ?? 0, 0)) Hz", paced))
    }
    return all
  }

  private var agreementLines: [String] {
    let outputs = comparison.outputs
    let width = outputs.outputs.map(\.name.count).max() ?? 0
    var lines = ["agreement on \(outputs.samples) samples" + (report == nil ? "" : " that were held out")]
    for output in outputs.outputs {
      var line = "  " + ModelBench.pad(output.name, width) + "  cosine \(Self.signed(output.cosine, 5))"
      line += "  signal to noise \(Self.signed(output.signalToNoise, 1)) dB"
      if let top = output.topClass { line += "  same class first \(Self.number(top * 100, 2)) %" }
      lines.append(line)
    }
    if let decoded = comparison.decoded {
      lines.append("  \(decoded.measure.rawValue) \(Self.number(decoded.value, 4)) (of \(decoded.count))")
    }
    return lines
  }

  private static func lines(_ report: QuantisationReport) -> [String] {
    var lines = [
      "quantised with \(report.method.rawValue) on \(report.samples.calibration) samples; choices by "
        + "\(report.samples.selection), held out \(report.samples.heldOut)"
        + (report.isEqualised ? "; weights equalised" : "") + (report.isBiasCorrected ? "; biases corrected" : ""),
      "  tried, signal to noise in dB:",
    ]
    for attempt in report.attempts {
      lines.append("\(column(attempt.signalToNoise, 9, 2))  \(attempt.name)")
    }
    lines += ["", "layers: signal to noise with that layer alone in bytes", "       dB  million  operator   name"]
    for layer in report.layers {
      var line = layer.signalToNoise.map { column($0, 9, 1) } ?? "        -"
      line += ModelBench.number(Double(layer.multiplyAdds) / 1e6, 9, decimals: 2)
      line += "  " + ModelBench.pad(layer.operation, 9) + "  " + layer.name
      if let kept = layer.kept { line += "  floating point (\(kept.rawValue))" }
      lines.append(line)
    }
    return lines
  }

  // MARK: - JSON

  /// One object and the end of its line.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("first")
    writer.value(comparison.paths.first)
    writer.key("second")
    writer.value(comparison.paths.second)
    if let mode {
      writer.key("mode")
      writer.value(mode)
    }
    writer.key("verdict")
    writer.value(verdict)
    writer.key("agreement")
    writer.value(comparison.agreement.value, decimals: 6)
    writer.key("agreement_is")
    writer.value(comparison.agreement.name)
    writer.key("faster")
    writer.value(comparison.times.backToBack.speedUp, decimals: 4)
    writer.key("missed")
    writer.beginArray()
    for sentence in missed { writer.value(sentence) }
    writer.endArray()
    writeMachine(to: &writer)
    writeOutputs(to: &writer)
    if let report { Self.write(report, to: &writer) }
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  private func writeMachine(to writer: inout JSONWriter) {
    writer.key("bytes")
    writer.beginArray()
    writer.value(comparison.bytes.first)
    writer.value(comparison.bytes.second)
    writer.endArray()
    writer.key("cpu")
    writer.value(comparison.processor)
    writer.key("cpu_features")
    writer.beginArray()
    for feature in comparison.features { writer.value(feature) }
    writer.endArray()
    writer.key("int8_path")
    writer.value(comparison.int8Path)
    writer.key("threads")
    writer.value(comparison.times.threads)
    writer.key("times")
    writer.beginArray()
    for (name, duel) in duels {
      writer.beginObject()
      writer.key("way")
      writer.value(name)
      writer.key("faster")
      writer.value(duel.speedUp, decimals: 4)
      let both: [(StaticString, ModelContest.Times)] = [("first", duel.first), ("second", duel.second)]
      for (key, times) in both {
        writer.key(key)
        writer.beginObject()
        let columns: [(StaticString, MediaDuration)] = [
          ("p50_ms", times.p50), ("p95_ms", times.p95), ("p99_ms", times.p99), ("load_ms", times.load),
        ]
        for (key, time) in columns {
          writer.key(key)
          writer.value(ModelBench.milliseconds(time), decimals: 4)
        }
        writer.key("runs")
        writer.value(times.runs)
        writer.endObject()
      }
      writer.endObject()
    }
    writer.endArray()
  }

  private func writeOutputs(to writer: inout JSONWriter) {
    writer.key("samples")
    writer.value(comparison.outputs.samples)
    writer.key("outputs")
    writer.beginArray()
    for output in comparison.outputs.outputs {
      writer.beginObject()
      writer.key("name")
      writer.value(output.name)
      writer.key("cosine")
      writer.value(output.cosine, decimals: 6)
      writer.key("signal_to_noise_db")
      writer.value(output.signalToNoise, decimals: 2)
      if let top = output.topClass {
        writer.key("same_class_first")
        writer.value(top, decimals: 6)
      }
      writer.endObject()
    }
    writer.endArray()
    if let decoded = comparison.decoded {
      writer.key("decoded")
      writer.beginObject()
      writer.key("measure")
      writer.value(decoded.measure.rawValue)
      writer.key("value")
      writer.value(decoded.value, decimals: 6)
      writer.key("count")
      writer.value(decoded.count)
      writer.endObject()
    }
  }

  private static func write(_ report: QuantisationReport, to writer: inout JSONWriter) {
    writer.key("method")
    writer.value(report.method.rawValue)
    writer.key("equalised")
    writer.value(report.isEqualised)
    writer.key("bias_corrected")
    writer.value(report.isBiasCorrected)
    writer.key("attempts")
    writer.beginArray()
    for attempt in report.attempts {
      writer.beginObject()
      writer.key("name")
      writer.value(attempt.name)
      writer.key("signal_to_noise_db")
      writer.value(attempt.signalToNoise, decimals: 2)
      writer.endObject()
    }
    writer.endArray()
    writer.key("calibration")
    writer.beginObject()
    let counts: [(StaticString, Int)] = [
      ("ranges", report.samples.calibration), ("choices", report.samples.selection),
      ("held_out", report.samples.heldOut),
    ]
    for (key, count) in counts {
      writer.key(key)
      writer.value(count)
    }
    writer.endObject()
    writer.key("layers")
    writer.beginArray()
    for layer in report.layers {
      writer.beginObject()
      writer.key("name")
      writer.value(layer.name)
      writer.key("operator")
      writer.value(layer.operation)
      writer.key("multiply_adds")
      writer.value(layer.multiplyAdds)
      if let ratio = layer.signalToNoise {
        writer.key("alone_db")
        writer.value(ratio, decimals: 2)
      }
      if let kept = layer.kept {
        writer.key("floating_point")
        writer.value(kept.rawValue)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.key("activations")
    writer.beginArray()
    for activation in report.activations {
      writer.beginObject()
      writer.key("name")
      writer.value(activation.name)
      let numbers: [(StaticString, Float)] = [
        ("least", activation.seen.low), ("greatest", activation.seen.high), ("low", activation.stored.low),
        ("high", activation.stored.high), ("scale", activation.quantization.scale),
      ]
      for (key, number) in numbers {
        writer.key(key)
        writer.value(number)
      }
      writer.key("zero_point")
      writer.value(Int(activation.quantization.zeroPoint))
      writer.endObject()
    }
    writer.endArray()
  }
}
