internal import BraidCore
internal import BraidInference

/// Reads the boxes of a detector that has chosen among them itself. Allocates: no.
struct SelectedBoxReader {
  private let reader: BoxReader
  private let boxes: CandidateColumns
  private let scores: CandidateColumns
  private let classes: CandidateColumns?
  private let count: Int?
  private let firstClass: Int
  private let labelCount: Int
  private let threshold: Float

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model does not have what the settings say.
  init(
    _ selected: ModelDescription.SelectedBoxes, settings: ModelDescription.Detections, outputs: ModelOutputs
  ) throws(PipelineError) {
    guard case .places = settings.encoding else {
      throw outputs.fault(
        "boxes that a model has chosen itself are no offsets", "Describe them as corners, or as centres and sizes")
    }
    func single(_ name: String) throws(PipelineError) -> CandidateColumns {
      try CandidateColumns(ModelDescription.Columns(name), of: outputs, hasNumbersFirst: false, single: true)
    }
    boxes = try CandidateColumns(ModelDescription.Columns(selected.boxes), of: outputs, hasNumbersFirst: false)
    scores = try single(selected.scores)
    if let name = selected.classes { classes = try single(name) } else { classes = nil }
    if let name = selected.count { count = try outputs.place(of: name) } else { count = nil }
    for other in [scores, classes].compactMap({ $0 }) where other.candidates != boxes.candidates {
      throw outputs.fault(
        "there are \(boxes.candidates) boxes, and scores or classes for \(other.candidates)",
        "Name outputs that belong together")
    }
    reader = try BoxReader(settings.encoding, boxes: boxes, landmarks: nil, head: 0, of: 1, outputs: outputs)
    firstClass = selected.firstClass
    labelCount = settings.labels.count
    threshold = settings.threshold
  }

  /// Hands out each box that is sure enough: its label's place, its score, its own place and its corners. A box of a class for which
  /// there is no label is left out.
  func read(_ outputs: [[Float]], _ found: (Int, Float, Int, BoxReader.Corners) -> Void) {
    for columns in [boxes, scores, classes].compactMap({ $0 }) {
      guard outputs.indices.contains(columns.place), outputs[columns.place].count >= columns.end else { return }
    }
    var limit = boxes.candidates
    if let count {
      guard let number = outputs[count].first, number.isFinite else { return }
      limit = min(limit, Int(max(0, min(Float(boxes.candidates), number))))
    }
    let places = outputs[boxes.place]
    for index in 0..<limit {
      let score = outputs[scores.place][scores.index(index, 0)]
      guard score >= threshold else { continue }
      var label = 0
      if let classes {
        let number = outputs[classes.place][classes.index(index, 0)]
        guard number.isFinite, number.magnitude < 1e6 else { continue }
        label = Int(number.rounded()) - firstClass
      }
      guard label >= 0, labelCount == 0 || label < labelCount else { continue }
      found(label, score, index, reader.corners(of: index, in: places.span))
    }
  }
}
