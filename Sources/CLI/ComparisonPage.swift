import BraidCore
import BraidInference
import BraidPipeline

/// A report as one page that needs nothing else: HTML with plots in SVG.
struct ComparisonPage {
  private let report: ComparisonReport

  init(_ report: ComparisonReport) { self.report = report }

  /// The whole page.
  var html: String {
    var body = "<h1>\(Self.escaped(report.title))</h1>\n<p class=\"verdict\">\(Self.escaped(report.verdict))</p>\n"
    for sentence in report.missed { body += "<p class=\"missed\">Not reached: \(Self.escaped(sentence)).</p>\n" }
    body += speed + agreement
    if let made = report.report {
      body += ways(made) + layers(made) + ranges(made)
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>\(Self.escaped(report.title))</title>
      <style>\(Self.style)</style></head>
      <body>
      \(body)</body></html>

      """
  }

  private static let style = """
    body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
    h1{font-size:1.3em;overflow-wrap:anywhere}h2{font-size:1.05em;margin:2em 0 .4em}.verdict{font-weight:600}.missed{color:#a32020}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.15em .9em .15em 0;text-align:right}
    td:first-child,th:first-child{text-align:left}th{font-weight:500;color:#666}small{color:#666}
    svg{display:block;max-width:100%;height:auto;margin:.5em 0 1em}svg text{font:11px system-ui,sans-serif;fill:#444}
    """

  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    var text = "<table><tr>" + head.map { "<th>\(escaped($0))</th>" }.joined() + "</tr>\n"
    for row in rows { text += "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n" }
    return text + "</table>\n"
  }

  // MARK: - Speed and agreement

  private var speed: String {
    let comparison = report.comparison
    var rows: [[String]] = []
    var bars: [BarChart.Bar] = []
    for (name, duel) in report.duels {
      for (which, times) in [("first", duel.first), ("second", duel.second)] {
        let numbers = [times.p50, times.p95, times.p99].map(Columns.milliseconds)
        rows.append(
          ["\(name), \(which)"] + numbers.map { Columns.number($0, 3) }
            + [Columns.number(Columns.milliseconds(times.load), 1), "\(times.runs)"])
        bars.append(
          BarChart.Bar(
            label: "\(name), \(which)", value: numbers[0], marks: [numbers[1], numbers[2]],
            isEmphasised: which == "second",
            note: which == "second" ? "\(Columns.number(duel.speedUp, 2))×" : ""))
      }
    }
    return
      "<h2>Speed</h2>\n<p><small>\(Self.escaped(comparison.processor)); \(Self.escaped(report.features)); bytes by "
      + "\(Self.escaped(comparison.int8Path)); threads: \(comparison.times.threads). Bars: the median run in ms; ticks: "
      + "95 and 99 of 100 runs, where they fit.</small></p>\n" + BarChart(bars: bars, unit: "ms").svg
      + Self.table(["", "p50 ms", "p95 ms", "p99 ms", "load ms", "runs"], rows)
      + "<p><small>Files: \(comparison.bytes.first) and \(comparison.bytes.second) bytes.</small></p>\n"
  }

  private var agreement: String {
    let comparison = report.comparison
    var text = "<h2>Agreement on \(comparison.outputs.samples) samples\(report.report == nil ? "" : " held out")</h2>\n"
    for line in report.meanings { text += "<p>\(Self.escaped(line))</p>\n" }
    return text
      + Self.table(
        ["output", "cosine", "signal to noise dB", "same class first"],
        comparison.outputs.outputs.map { output in
          [
            output.name, Columns.number(output.cosine, 6), Columns.number(output.signalToNoise, 1),
            output.topClass.map { Columns.number($0 * 100, 2) + " %" } ?? "",
          ]
        })
  }

  // MARK: - How it was made

  private func ways(_ made: QuantisationReport) -> String {
    guard let method = made.method else { return "" }
    let bars = made.attempts.enumerated().map { place, attempt in
      BarChart.Bar(
        label: attempt.name, value: max(0, attempt.signalToNoise), isEmphasised: place == made.taken,
        note: Columns.number(attempt.signalToNoise, 1)
          + (attempt.agreement.map { "; agreement \(Columns.number($0, 4))" } ?? ""))
    }
    return
      "<h2>What was tried</h2>\n<p><small>Signal to noise of the outputs on \(made.samples.selection) samples for choices, "
      + "each half by ranges of the other, and how often answers agree there. Dark: what the file is; "
      + "\(method.rawValue)\(made.isEqualised ? ", weights of neighbouring layers equalised" : "")"
      + "\(made.isBiasCorrected ? ", biases corrected" : "").</small></p>\n" + BarChart(bars: bars, unit: "dB").svg
  }

  private func layers(_ made: QuantisationReport) -> String {
    let bars = made.layers.map { layer in
      BarChart.Bar(
        label: layer.name, value: max(0, layer.signalToNoise ?? 0), isEmphasised: layer.kept != nil,
        note: (layer.signalToNoise.map { Columns.number($0, 1) } ?? "")
          + (layer.kept.map { " floating point: \($0.rawValue)" } ?? ""))
    }
    return
      "<h2>Layers</h2>\n<p><small>Signal to noise of the outputs with that layer alone in bytes: short bars cost most. "
      + "Dark: stays in floating point.</small></p>\n" + BarChart(bars: bars, unit: "dB").svg
  }

  private func ranges(_ made: QuantisationReport) -> String {
    "<h2>Ranges of activations</h2>\n<p><small>Pale: from the least to the greatest value that was seen. Dark: what is "
      + "stored. Each on a scale of its own; the line is 0.</small></p>\n"
      + RangeChart(activations: made.activations).svg
  }
}
