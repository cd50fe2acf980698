internal import BraidCore
internal import BraidInference
internal import Glibc

/// Turns scores and boxes into detections: threshold, then greedy non-maximum suppression.
///
/// Boxes are held to the model's picture before they are compared. Equal scores stay in the order of the model's boxes. Allocates:
/// the detections it gives.
struct DetectionDecoder: OutputDecoder {
  private struct Head {
    var reader: BoxReader
    var boxes: CandidateColumns
    var scores: CandidateColumns
    var objectness: CandidateColumns?
    var landmarks: CandidateColumns?
  }

  private struct Candidate {
    var score: Float
    /// Of the classes after background.
    var label: Int
    var head: Int
    var index: Int
    var left: Float
    var top: Float
    var right: Float
    var bottom: Float
  }

  /// What is not among the best so many takes no part in suppression, as Ultralytics has it.
  private static let candidateLimit = 30_000

  private let settings: ModelDescription.Detections
  private var heads: [Head] = []
  private var selected: SelectedBoxReader?
  private let firstLabel: Int
  /// No raw score below can reach the threshold, however sure the objectness is.
  private let floor: Float
  private var candidates: [Candidate] = []
  private var kept: [Candidate] = []

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model does not have what the settings say.
  init(_ settings: ModelDescription.Detections, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    firstLabel = settings.hasBackground ? 1 : 0
    // The root of a product may be above one of its factors.
    let least = settings.objectness == .root ? settings.threshold * settings.threshold : settings.threshold
    // A little lower, so that rounding leaves nothing out.
    floor = settings.activation == .sigmoid ? logf(least / max(1e-7, 1 - least)) - 0.01 : least - 1e-6
    switch settings.source {
    case .selected(let selected):
      self.selected = try SelectedBoxReader(selected, settings: settings, outputs: outputs)
    case .heads(let described):
      for (place, head) in described.enumerated() {
        heads.append(try Self.head(head, place: place, of: described.count, settings, outputs))
      }
    }
  }

  private static func head(
    _ head: ModelDescription.DetectionHead, place: Int, of count: Int, _ settings: ModelDescription.Detections,
    _ outputs: ModelOutputs
  ) throws(PipelineError) -> Head {
    func columns(_ columns: ModelDescription.Columns) throws(PipelineError) -> CandidateColumns {
      try CandidateColumns(columns, of: outputs, hasNumbersFirst: settings.hasNumbersFirst)
    }
    func optional(_ described: ModelDescription.Columns?) throws(PipelineError) -> CandidateColumns? {
      guard let described else { return nil }
      return try columns(described)
    }
    let (boxes, scores) = (try columns(head.boxes), try columns(head.scores))
    let (objectness, landmarks) = (try optional(head.objectness), try optional(head.landmarks))
    for other in [scores, objectness].compactMap({ $0 }) where other.candidates != boxes.candidates {
      throw outputs.fault(
        "there are scores for \(other.candidates) boxes, and \(boxes.candidates) boxes",
        "Name outputs that belong together")
    }
    try outputs.check(
      settings.labels, classes: scores.count - (settings.hasBackground ? 1 : 0), of: head.scores.output)
    if let objectness, objectness.count != 1 {
      throw outputs.fault("there are \(objectness.count) numbers for the objectness of a box", "Give one")
    }
    return Head(
      reader: try BoxReader(
        settings.encoding, boxes: boxes, landmarks: landmarks, head: place, of: count, outputs: outputs),
      boxes: boxes, scores: scores, objectness: objectness, landmarks: landmarks)
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput { .detections(detections(outputs)) }

  /// Best first; coordinates are in 0 to 1 of the model's picture and held to it.
  mutating func detections(_ outputs: [[Float]]) -> [ModelOutput.Detection] {
    candidates.removeAll(keepingCapacity: true)
    if let selected {
      selected.read(outputs) { label, score, index, corners in
        append(label, score, head: 0, index: index, corners)
      }
    } else {
      for place in heads.indices { read(place, outputs) }
    }
    candidates.sort { ($0.score, $1.head, $1.index, $1.label) > ($1.score, $0.head, $0.index, $0.label) }
    suppress()
    return kept.map { candidate in
      var detection = ModelOutput.Detection(
        label: settings.labels.isEmpty ? "\(candidate.label)" : settings.labels[candidate.label],
        score: min(1, candidate.score), x: candidate.left, y: candidate.top, width: candidate.right - candidate.left,
        height: candidate.bottom - candidate.top)
      if heads.indices.contains(candidate.head) {
        detection.landmarks = heads[candidate.head].reader.landmarks(of: candidate.index, in: outputs)
      }
      return detection
    }
  }

  /// Finds the candidates of a head that are sure enough.
  private mutating func read(_ place: Int, _ outputs: [[Float]]) {
    let head = heads[place]
    for columns in [head.boxes, head.scores, head.objectness, head.landmarks].compactMap({ $0 }) {
      guard outputs.indices.contains(columns.place), outputs[columns.place].count >= columns.end else { return }
    }
    let (scoreValues, boxValues) = (outputs[head.scores.place], outputs[head.boxes.place])
    let scores = scoreValues.span
    let boxes = boxValues.span
    let isSoftmax = settings.activation == .softmax
    for index in 0..<head.boxes.candidates {
      var (best, bestLabel) = (-Float.infinity, -1)
      var corners: BoxReader.Corners?
      let weights = isSoftmax ? Softmax(count: head.scores.count) { scores[head.scores.index(index, $0)] } : nil
      for column in firstLabel..<head.scores.count {
        let raw = scores[head.scores.index(index, column)]
        guard isSoftmax || raw >= floor else { continue }
        let score = score(of: weights?.probability(raw) ?? raw, index, head, outputs)
        guard score >= settings.threshold else { continue }
        guard settings.isMultiLabel else {
          if score > best { (best, bestLabel) = (score, column - firstLabel) }
          continue
        }
        let box = corners ?? head.reader.corners(of: index, in: boxes)
        corners = box
        append(column - firstLabel, score, head: place, index: index, box)
      }
      if bestLabel >= 0 {
        append(bestLabel, best, head: place, index: index, head.reader.corners(of: index, in: boxes))
      }
    }
  }

  private func score(of raw: Float, _ index: Int, _ head: Head, _ outputs: [[Float]]) -> Float {
    let isSigmoid = settings.activation == .sigmoid
    let score = isSigmoid ? 1 / (1 + expf(-raw)) : raw
    guard let columns = head.objectness else { return score }
    let value = outputs[columns.place][columns.index(index, 0)]
    let objectness = isSigmoid ? 1 / (1 + expf(-value)) : value
    // Rounding may have brought either a little above 1. In this order what is no number stays none: `min(1, .nan)` is 1.
    let product = min(score, 1) * min(objectness, 1)
    return settings.objectness == .root ? product.squareRoot() : product
  }

  private mutating func append(_ label: Int, _ score: Float, head: Int, index: Int, _ corners: BoxReader.Corners) {
    // No box begins or ends at what is no number.
    guard !corners.left.isNaN, !corners.top.isNaN, !corners.right.isNaN, !corners.bottom.isNaN else { return }
    let (left, top) = (BoxReader.held(corners.left), BoxReader.held(corners.top))
    let (right, bottom) = (BoxReader.held(corners.right), BoxReader.held(corners.bottom))
    guard right > left, bottom > top else { return }
    candidates.append(
      Candidate(
        score: score, label: label, head: head, index: index, left: left, top: top, right: right, bottom: bottom))
  }

  /// Keeps the best candidates that no better one suppresses.
  private mutating func suppress() {
    kept.removeAll(keepingCapacity: true)
    for candidate in candidates.prefix(Self.candidateLimit) {
      let isFree =
        switch settings.suppression {
        case .none: true
        case .across: kept.allSatisfy { Self.overlap($0, candidate) <= settings.overlap }
        case .perClass:
          kept.allSatisfy { $0.label != candidate.label || Self.overlap($0, candidate) <= settings.overlap }
        }
      if isFree { kept.append(candidate) }
      if kept.count >= settings.limit { return }
    }
  }

  /// Intersection over union.
  private static func overlap(_ a: Candidate, _ b: Candidate) -> Float {
    let width = min(a.right, b.right) - max(a.left, b.left)
    let height = min(a.bottom, b.bottom) - max(a.top, b.top)
    guard width > 0, height > 0 else { return 0 }
    let intersection = width * height
    let both = (a.right - a.left) * (a.bottom - a.top) + (b.right - b.left) * (b.bottom - b.top)
    return intersection / (both - intersection)
  }
}
