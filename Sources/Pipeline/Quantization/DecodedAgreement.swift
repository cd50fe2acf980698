internal import BraidCore
internal import BraidInference

/// How alike two models are by what their outputs mean, the first being taken for the truth.
public struct DecodedAgreement: Sendable {
  /// What is counted.
  public enum Measure: String, Sendable {
    /// The mean over labels of the average precision of detections, a half of both boxes in common at least.
    ///
    /// Everingham et al., "The Pascal Visual Object Classes Challenge" (2010), with all points of the curve.
    case meanAveragePrecision = "mAP@0.5"
    /// The share of probabilities that are on the same side of the event's threshold.
    case events = "same side of the threshold"
  }

  /// What is counted.
  public let measure: Measure
  /// From 0 to 1, the same.
  public let value: Double
  /// How many detections or probabilities the first gave.
  public let count: Int

  /// Compares outputs by what a description says of them; nil where it says nothing that can be counted, or the first model finds
  /// nothing.
  ///
  /// - Parameters:
  ///   - description: of both.
  ///   - plans: both models.
  ///   - samples: what both are given.
  /// - Throws: what running them does.
  init?(_ description: ModelDescription, plans: (Plan, Plan), on samples: [CalibrationSample]) throws {
    var runs = (try Run(description, plans.0), try Run(description, plans.1))
    switch description.decoder {
    case .detections:
      var found: [(truth: [ModelOutput.Detection], other: [ModelOutput.Detection])] = []
      for sample in samples {
        guard case .detections(let truth) = try runs.0.output(sample),
          case .detections(let other) = try runs.1.output(sample)
        else { return nil }
        found.append((truth, other))
      }
      guard let precision = Self.meanAveragePrecision(found) else { return nil }
      (measure, value) = (.meanAveragePrecision, precision)
      count = found.reduce(0) { $0 + $1.truth.count }
    case .events(_, let events):
      var (same, all) = (0, 0)
      for sample in samples {
        guard case .scores(_, let truth) = try runs.0.output(sample),
          case .scores(_, let other) = try runs.1.output(sample)
        else { return nil }
        for (a, b) in zip(truth, other) {
          all += 1
          same += (a >= events.threshold) == (b >= events.threshold) ? 1 : 0
        }
      }
      guard all > 0 else { return nil }
      (measure, value, count) = (.events, Double(same) / Double(all), all)
    default: return nil
    }
  }

  /// A model with its decoder.
  private struct Run {
    private let session: InferenceSession
    private var decoding: ResultDecoding
    private let job: ModelJob

    init(_ description: ModelDescription, _ plan: Plan) throws {
      session = try InferenceSession(plan)
      decoding = try ResultDecoding(description: description, forms: [plan])
      job = ModelJob(
        place: 0, model: 0, staged: [], outputs: [plan.outputs.map { $0.shape?.elementCount ?? 0 }])
    }

    mutating func output(_ sample: CalibrationSample) throws -> ModelOutput {
      try session.write(sample)
      try session.run()
      for place in session.outputs.indices { try session.read(output: place, into: &job.forms[0][place]) }
      let output = decoding.output(of: job)
      decoding.endRecord()
      return output
    }
  }

  /// Nil where there is nothing to find.
  static func meanAveragePrecision(
    _ pictures: [(truth: [ModelOutput.Detection], other: [ModelOutput.Detection])]
  ) -> Double? {
    let labels = Set(pictures.flatMap { $0.truth.map(\.label) })
    guard !labels.isEmpty else { return nil }
    let sum = labels.reduce(0) { sum, label in
      sum
        + averagePrecision(
          pictures.map { picture in
            (picture.truth.filter { $0.label == label }, picture.other.filter { $0.label == label })
          })
    }
    return sum / Double(labels.count)
  }

  /// The area under the curve of precision over recall, precision made to fall.
  private static func averagePrecision(
    _ pictures: [(truth: [ModelOutput.Detection], other: [ModelOutput.Detection])]
  ) -> Double {
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
