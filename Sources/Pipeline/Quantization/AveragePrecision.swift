internal import BraidCore

/// Average precision of detections against others that are taken for the truth, a half of both boxes in common at least.
///
/// Everingham et al., "The Pascal Visual Object Classes Challenge" (2010), with all points of the curve.
enum AveragePrecision {
  /// What is there in a picture, and what was found in it.
  typealias Picture = (truth: [ModelOutput.Detection], other: [ModelOutput.Detection])

  /// The mean over all labels that are there or were found, 0 to 1, what is not there counting 0; nil where nothing is there and
  /// nothing was found.
  static func mean(_ pictures: [Picture]) -> Double? {
    let labels = Set(pictures.flatMap { ($0.truth + $0.other).map(\.label) })
    guard !labels.isEmpty else { return nil }
    let sum = labels.sorted().reduce(0) { sum, label in
      sum
        + ofOneLabel(
          pictures.map { picture in
            (picture.truth.filter { $0.label == label }, picture.other.filter { $0.label == label })
          })
    }
    return sum / Double(labels.count)
  }

  /// The area under the curve of precision over recall, precision made to fall.
  private static func ofOneLabel(_ pictures: [Picture]) -> Double {
    let wanted = pictures.reduce(0) { $0 + $1.truth.count }
    var hits: [(score: Float, isRight: Bool)] = []
    for (truth, other) in pictures {
      var open = truth
      for found in other.sorted(by: { $0.score > $1.score }) {
        let best = open.indices.max { overlap(open[$0], found) < overlap(open[$1], found) }
        let isRight = best.map { overlap(open[$0], found) >= 0.5 } ?? false
        if isRight, let best { open.remove(at: best) }
        hits.append((found.score, isRight))
      }
    }
    hits.sort { $0.score > $1.score }
    var right = 0
    var points: [(recall: Double, precision: Double)] = []
    for (place, hit) in hits.enumerated() {
      right += hit.isRight ? 1 : 0
      points.append((Double(right) / Double(max(1, wanted)), Double(right) / Double(place + 1)))
    }
    var (area, best, recall) = (0.0, 0.0, points.last?.recall ?? 0)
    for point in points.reversed() {
      if point.recall < recall {
        area += (recall - point.recall) * best
        recall = point.recall
      }
      best = max(best, point.precision)
    }
    return area + recall * best
  }

  /// Intersection over union.
  private static func overlap(_ a: ModelOutput.Detection, _ b: ModelOutput.Detection) -> Float {
    let width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    let height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    guard width > 0, height > 0 else { return 0 }
    let common = width * height
    return common / (a.width * a.height + b.width * b.height - common)
  }
}
