internal import BraidCore
internal import BraidInference

/// Turns scores and corner boxes into detections: threshold, then greedy non-maximum suppression for each class.
struct DetectionDecoder {
  private static let limit = 200

  private let settings: ModelDescription.Detections
  private var candidates: [ModelOutput.Detection] = []
  private let priors: PriorBoxes?

  init(_ settings: ModelDescription.Detections) {
    self.settings = settings
    switch settings.encoding {
    case .corners: priors = nil
    case .priors(let layout): priors = PriorBoxes(layout)
    }
  }

  /// - Parameters:
  ///   - scores: `[boxes, classes]`, class 0 being background.
  ///   - boxes: `[boxes, 4]`, as the settings' encoding has them.
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
        var corners = (boxes[box * 4], boxes[box * 4 + 1], boxes[box * 4 + 2], boxes[box * 4 + 3])
        if let priors { corners = priors.corners(of: box, offsets: corners) }
        let (left, top) = (Self.held(corners.0), Self.held(corners.1))
        let (right, bottom) = (Self.held(corners.2), Self.held(corners.3))
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
        if kept.count - first >= Self.limit { break }
      }
    }
    kept.sort { $0.score > $1.score }
    if kept.count > Self.limit { kept.removeLast(kept.count - Self.limit) }
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
