internal import BraidCore
internal import BraidInference

/// Turns scores and corner boxes into detections: threshold, then greedy non-maximum suppression for each class.
struct DetectionDecoder {
  private let settings: ModelDescription.Detections
  private var candidates: [ModelOutput.Detection] = []

  init(_ settings: ModelDescription.Detections) {
    self.settings = settings
  }

  /// - Parameters:
  ///   - scores: `[boxes, classes]`, class 0 being background.
  ///   - boxes: `[boxes, 4]`: left, top, right, bottom in 0 to 1.
  /// - Returns: best first, at most 200; coordinates are held to the picture.
  mutating func decode(scores: [Float], boxes: [Float]) -> [ModelOutput.Detection] {
    let classes = settings.labels.count + 1
    let count = min(scores.count / classes, boxes.count / 4)
    var kept: [ModelOutput.Detection] = []
    for label in 1..<classes {
      candidates.removeAll(keepingCapacity: true)
      for box in 0..<count {
        let score = scores[box * classes + label]
        guard score >= settings.threshold else { continue }
        let left = Self.held(boxes[box * 4])
        let top = Self.held(boxes[box * 4 + 1])
        let right = Self.held(boxes[box * 4 + 2])
        let bottom = Self.held(boxes[box * 4 + 3])
        guard right > left, bottom > top else { continue }
        candidates.append(
          ModelOutput.Detection(
            label: settings.labels[label - 1], score: min(1, score), x: left, y: top, width: right - left,
            height: bottom - top))
      }
      candidates.sort { $0.score > $1.score }
      let first = kept.count
      for candidate in candidates {
        let isFree = kept[first...].allSatisfy { Self.overlap($0, candidate) <= settings.overlap }
        if isFree { kept.append(candidate) }
        if kept.count - first >= 200 { break }
      }
    }
    kept.sort { $0.score > $1.score }
    return kept
  }

  private static func held(_ value: Float) -> Float { value.isFinite ? min(1, max(0, value)) : 0 }

  /// Intersection over union.
  private static func overlap(_ a: ModelOutput.Detection, _ b: ModelOutput.Detection) -> Float {
    let width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    let height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    guard width > 0, height > 0 else { return 0 }
    let intersection = width * height
    return intersection / (a.width * a.height + b.width * b.height - intersection)
  }
}
