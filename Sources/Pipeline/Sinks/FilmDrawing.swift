internal import BraidCore
internal import BraidRender

/// From what models find to what is drawn.
enum FilmDrawing {
  /// The boxes of an output, and what is said of the whole picture.
  static func parts(of output: ModelOutput) -> (boxes: [Overlay.Box], lines: [String]) {
    switch output {
    case .detections(let detections): return (detections.reversed().map { box($0) }, [])
    case .classes(let classes):
      return ([], classes.first.map { ["\($0.label) \(score($0.score))"] } ?? [])
    case .text(let text): return ([], text.isEmpty ? [] : [text])
    case .crops(let crops, _):
      let boxes = crops.reversed().flatMap { crop in
        if let found = crop.output.detections { return found.reversed().map { box($0) } }
        var outer = box(crop.detection)
        if case .classes(let classes) = crop.output, let best = classes.first {
          outer.title = "\(best.label) \(score(best.score))"
          outer.color = color(best.label)
        }
        return [outer]
      }
      return (boxes, [])
    default: return ([], [])
    }
  }

  private static func box(_ detection: ModelOutput.Detection) -> Overlay.Box {
    let number = detection.track.map { " #\($0)" } ?? ""
    return Overlay.Box(
      x: detection.x, y: detection.y, width: detection.width, height: detection.height,
      title: "\(detection.label)\(number) \(score(detection.score))", color: detection.track ?? color(detection.label),
      isOld: false, points: detection.landmarks.map { ($0.x, $0.y) })
  }

  /// The same for the same name: its hash by FNV-1a, 32 bits.
  static func color(_ name: String) -> Int {
    Int(name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }

  /// Two decimals.
  static func score(_ score: Float) -> String {
    guard score.isFinite else { return "" }
    let hundredths = Int((max(-1000, min(1000, score)) * 100).rounded())
    return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(abs(hundredths) / 10 % 10)\(abs(hundredths) % 10)"
  }

  /// One decimal.
  static func milliseconds(_ duration: MediaDuration) -> String {
    let tenths = duration.nanoseconds / 100_000
    return "\(tenths / 10).\(abs(tenths) % 10) ms"
  }

  /// `1:02.3`, to the tenth of a second that has begun.
  static func clock(_ time: MediaTime) -> String {
    let tenths = max(0, time.nanoseconds) / 100_000_000
    let seconds = tenths / 10 % 60
    return "\(tenths / 600):\(seconds < 10 ? "0" : "")\(seconds).\(tenths % 10)"
  }
}
