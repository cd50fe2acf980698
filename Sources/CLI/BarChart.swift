/// Horizontal bars with labels, as SVG.
struct BarChart {
  /// One bar.
  struct Bar {
    var label: String
    var value: Double
    /// Values that a tick is drawn at.
    var marks: [Double] = []
    var isEmphasised = false
    /// What stands behind it.
    var note = ""
  }

  let bars: [Bar]
  let unit: String
  private static let (left, width, height, row) = (250.0, 420.0, 12.0, 17.0)

  /// Two decimals.
  static func text(_ value: Double) -> String { Columns.number(value, 2) }

  /// The last letters of a label that is too long.
  static func short(_ label: String) -> String { label.count <= 36 ? label : "…" + label.suffix(35) }

  var svg: String {
    // A run in a hundred that took ever so long does not make all others invisible: its tick is left out.
    let longest = bars.map(\.value).max() ?? 0
    let most = min(longest * 3, bars.flatMap { [$0.value] + $0.marks }.max() ?? 0)
    let scale = most > 0 ? Self.width / most : 0
    let total = Double(bars.count) * Self.row + 24
    var text = "<svg viewBox=\"0 0 860 \(Self.text(total))\" width=\"860\" role=\"img\">\n"
    for (place, bar) in bars.enumerated() {
      let y = Double(place) * Self.row + 2
      let middle = Self.text(y + 10)
      text += "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(middle)\" text-anchor=\"end\">"
      text += ComparisonPage.escaped(Self.short(bar.label)) + "</text>"
      text += "<rect x=\"\(Self.text(Self.left))\" y=\"\(Self.text(y))\" width=\"\(Self.text(bar.value * scale))\" "
      text += "height=\"\(Self.text(Self.height))\" fill=\"\(bar.isEmphasised ? "#1f5c8a" : "#a9c7dd")\"/>"
      for mark in bar.marks where mark <= most {
        let x = Self.text(Self.left + mark * scale)
        text +=
          "<path d=\"M\(x) \(Self.text(y - 1))V\(Self.text(y + Self.height + 1))\" stroke=\"#c05a1c\" stroke-width=\"1.5\"/>"
      }
      let end = ([bar.value] + bar.marks.filter { $0 <= most }).max() ?? 0
      text += "<text x=\"\(Self.text(Self.left + end * scale + 6))\" y=\"\(middle)\">"
      text += ComparisonPage.escaped(bar.note) + "</text>\n"
    }
    let base = Self.text(total - 6)
    text += "<text x=\"\(Self.text(Self.left))\" y=\"\(base)\">0</text>"
    text +=
      "<text x=\"\(Self.text(Self.left + Self.width))\" y=\"\(base)\" text-anchor=\"end\">\(Self.text(most)) \(unit)</text>"
    return text + "</svg>\n"
  }
}
