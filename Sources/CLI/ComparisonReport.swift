import BraidCore
import BraidInference
import BraidPipeline

/// What is told of two models, and of how the second was made of the first: as text, as JSON and as a page.
struct ComparisonReport {
  let title: String
  let comparison: ModelComparison
  /// How the second was made; nil where it was there.
  let report: QuantisationReport?
  let mode: String?
  /// What was required and is not reached.
  var missed: [String] = []

  var verdict: String { comparison.verdict }

  /// Each way of running, by name.
  var duels: [(name: String, duel: ModelContest.Duel)] {
    var all = [("back to back", comparison.times.backToBack)]
    if let paced = comparison.times.paced {
      all.append(("at \(Columns.number(comparison.times.rate ?? 0, 0)) Hz", paced))
    }
    return all
  }

  /// What of the processor counts for bytes, in words.
  var features: String {
    comparison.features.isEmpty ? "none of AMX, VNNI, AVX2" : comparison.features.joined(separator: ", ")
  }

  /// What of the models' meaning is known, in lines: a measure, and how they do.
  var meanings: [String] {
    var lines: [String] = []
    if let decoded = comparison.decoded {
      lines.append("\(decoded.measure.rawValue) \(Columns.number(decoded.value, 4)) (of \(decoded.count))")
    }
    if let accuracy = comparison.accuracy {
      lines.append(
        "accuracy by the labels given \(Columns.number(accuracy.first, 4)) and \(Columns.number(accuracy.second, 4)) "
          + "(of \(accuracy.count))")
    }
    return lines
  }
}

// MARK: - Text

extension ComparisonReport {
  /// Sections with an empty line between.
  var text: String {
    var lines = [title, "", verdict, ""]
    lines += timeLines + [""] + agreementLines
    if let report { lines += [""] + Self.lines(report) }
    return lines.joined(separator: "\n") + "\n"
  }

  private var timeLines: [String] {
    var lines = [
      "speed on \(comparison.processor) (\(features); bytes by \(comparison.int8Path)), \(comparison.times.threads) "
        + (comparison.times.threads == 1 ? "thread" : "threads"),
      Columns.left("", 26) + "   p50 ms   p95 ms   p99 ms  load ms",
    ]
    for (name, duel) in duels {
      for (which, times) in [("first", duel.first), ("second", duel.second)] {
        var line = Columns.left("  \(name), \(which)", 26)
        for time in [times.p50, times.p95, times.p99, times.load] {
          line += Columns.right(Columns.milliseconds(time), 9)
        }
        lines.append(line)
      }
      lines.append("  → \(Columns.number(duel.speedUp, 2)) times as fast")
    }
    lines.append("  files: \(comparison.bytes.first) and \(comparison.bytes.second) bytes")
    return lines
  }

  private var agreementLines: [String] {
    let outputs = comparison.outputs
    let width = outputs.outputs.map(\.name.count).max() ?? 0
    var lines = ["agreement on \(outputs.samples) samples" + (report == nil ? "" : " that were held out")]
    for output in outputs.outputs {
      var line = "  " + Columns.left(output.name, width) + "  cosine \(Columns.number(output.cosine, 5))"
      line += "  signal to noise \(Columns.number(output.signalToNoise, 1)) dB"
      if let top = output.topClass { line += "  same class first \(Columns.number(top * 100, 2)) %" }
      lines.append(line)
    }
    return lines + meanings.map { "  " + $0 }
  }

  private static func lines(_ report: QuantisationReport) -> [String] {
    var lines: [String] = []
    if let method = report.method {
      lines = [
        "quantised with \(method.rawValue) on \(report.samples.calibration) samples; choices by "
          + "\(report.samples.selection), held out \(report.samples.heldOut)"
          + (report.isEqualised ? "; weights equalised" : "") + (report.isBiasCorrected ? "; biases corrected" : ""),
        "  tried: signal to noise in dB, agreement where it is known; → is what the file is",
      ]
    }
    for (place, attempt) in report.attempts.enumerated() {
      lines.append(
        Columns.right(attempt.signalToNoise, 9, decimals: 2)
          + (attempt.agreement.map { Columns.right($0, 9, decimals: 4) } ?? "        -")
          + (place == report.taken ? " → " : "   ") + attempt.name)
    }
    lines += ["", "layers: signal to noise with that layer alone in bytes", "       dB  million  operator   name"]
    for layer in report.layers {
      var line = layer.signalToNoise.map { Columns.right($0, 9, decimals: 1) } ?? "        -"
      line += Columns.right(Double(layer.multiplyAdds) / 1e6, 9, decimals: 2)
      line += "  " + Columns.left(layer.operation, 9) + "  " + layer.name
      if let kept = layer.kept { line += "  floating point (\(kept.rawValue))" }
      lines.append(line)
    }
    return lines
  }
}
