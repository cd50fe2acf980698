import BraidInference

/// What activations were and what is stored of them, as SVG: each on a scale of its own.
struct RangeChart {
  let activations: [QuantisationReport.Activation]
  private static let (left, width, row) = (250.0, 420.0, 17.0)

  var svg: String {
    let total = Double(activations.count) * Self.row + 6
    var text = "<svg viewBox=\"0 0 860 \(BarChart.text(total))\" width=\"860\" role=\"img\">\n"
    for (place, activation) in activations.enumerated() {
      let y = Double(place) * Self.row + 2
      let low = Double(min(activation.seen.low, activation.stored.low))
      let high = Double(max(activation.seen.high, activation.stored.high))
      let scale = high > low ? Self.width / (high - low) : 0
      func x(_ value: Float) -> Double { Self.left + (Double(value) - low) * scale }
      func bar(_ range: ValueRange, _ top: Double, _ height: Double, _ colour: String) -> String {
        "<rect x=\"\(BarChart.text(x(range.low)))\" y=\"\(BarChart.text(top))\" "
          + "width=\"\(BarChart.text(max(0.5, x(range.high) - x(range.low))))\" height=\"\(BarChart.text(height))\" fill=\"\(colour)\"/>"
      }
      text += "<text x=\"\(BarChart.text(Self.left - 8))\" y=\"\(BarChart.text(y + 10))\" text-anchor=\"end\">"
      text += ComparisonPage.escaped(BarChart.short(activation.name)) + "</text>"
      text += bar(activation.seen, y, 12, "#d6e4ee") + bar(activation.stored, y + 3, 6, "#1f5c8a")
      let zero = BarChart.text(x(0))
      text += "<path d=\"M\(zero) \(BarChart.text(y - 1))v14\" stroke=\"#444\"/>"
      text += "<text x=\"\(BarChart.text(Self.left + Self.width + 6))\" y=\"\(BarChart.text(y + 10))\">"
      text += "\(Self.level(activation.stored.low)) … \(Self.level(activation.stored.high))</text>\n"
    }
    return text + "</svg>\n"
  }

  private static func level(_ value: Float) -> String {
    let size = abs(value)
    return Columns.number(Double(value), size >= 100 ? 0 : size >= 1 ? 2 : 4)
  }
}
