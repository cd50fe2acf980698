internal import BraidCore
internal import BraidInference
internal import Glibc

/// Reads the boxes of one head of a detector. Allocates: no, after `init`.
struct BoxReader {
  /// Left, top, right and bottom, in 0 to 1 of the model's picture.
  typealias Corners = (left: Float, top: Float, right: Float, bottom: Float)

  private enum Coder {
    case places(ModelDescription.BoxForm)
    case priors(PriorBoxes)
    case grid([GridCell])
    case distribution([GridCell], bins: Int)
  }

  private let coder: Coder
  private let boxes: CandidateColumns
  private let landmarks: CandidateColumns?
  /// What pixels of the model's picture are multiplied with.
  private let scale: (x: Float, y: Float)

  /// - Parameters:
  ///   - encoding: what the numbers of a box are.
  ///   - boxes: where they are.
  ///   - landmarks: where pairs of numbers for landmarks are.
  ///   - head: which head it is.
  ///   - headCount: how many there are: one for each stride, or one for all.
  ///   - outputs: whose they are.
  /// - Throws: ``PipelineError/Code/invalidDescription`` if there are not as many numbers as the encoding wants.
  init(
    _ encoding: ModelDescription.BoxEncoding, boxes: CandidateColumns, landmarks: CandidateColumns?, head: Int,
    of headCount: Int, outputs: ModelOutputs
  ) throws(PipelineError) {
    self.boxes = boxes
    self.landmarks = landmarks
    guard let picture = outputs.picture, picture.width > 0, picture.height > 0 else {
      if case .places(let form, isInPixels: false) = encoding {
        scale = (1, 1)
        coder = .places(form)
        try Self.check(boxes, landmarks, boxes.candidates, numbers: 4, outputs)
        return
      }
      throw outputs.fault(
        "boxes in pixels need a picture that the model takes, and it takes none", "Describe its picture input")
    }
    let pixels: (Float, Float) = (1 / Float(picture.width), 1 / Float(picture.height))
    /// Of this head.
    func own(_ strides: [Int]) throws(PipelineError) -> [Int] {
      guard headCount == 1 || headCount == strides.count else {
        throw outputs.fault(
          "there are \(strides.count) strides and outputs for \(headCount)", "Give one output for each stride, or one")
      }
      return headCount == 1 ? strides : [strides[head]]
    }
    /// Counted before they are made: a description may ask for any number.
    func cells(_ strides: [Int], numbers: Int) throws(PipelineError) -> [GridCell] {
      let counts = strides.map { GridCell.count(stride: $0, width: picture.width, height: picture.height) }
      try check(counts.reduce(0, +), numbers: numbers)
      return strides.flatMap { GridCell.cells(stride: $0, width: picture.width, height: picture.height) }
    }
    func check(_ expected: Int, numbers: Int) throws(PipelineError) {
      try Self.check(boxes, landmarks, expected, numbers: numbers, outputs)
    }
    switch encoding {
    case .places(let form, let isInPixels):
      scale = isInPixels ? pixels : (1, 1)
      coder = .places(form)
      try check(boxes.candidates, numbers: 4)
    case .priors(let priors):
      scale = (1, 1)
      try check(PriorBoxes.count(priors, width: picture.width, height: picture.height), numbers: 4)
      coder = .priors(PriorBoxes(priors, width: picture.width, height: picture.height))
    case .grid(let strides):
      scale = pixels
      coder = .grid(try cells(try own(strides), numbers: 4))
    case .distribution(let strides, let bins):
      scale = pixels
      coder = .distribution(try cells(try own(strides), numbers: 4 * bins), bins: bins)
      guard landmarks == nil else {
        throw outputs.fault("landmarks beside distributions are not known", "Leave them out")
      }
    }
  }

  private static func check(
    _ boxes: CandidateColumns, _ landmarks: CandidateColumns?, _ expected: Int, numbers: Int, _ outputs: ModelOutputs
  ) throws(PipelineError) {
    guard boxes.count == numbers else {
      throw outputs.fault("boxes have \(boxes.count) numbers each, not \(numbers)", "Describe the outputs as they are")
    }
    guard boxes.candidates == expected else {
      throw outputs.fault(
        "there are \(boxes.candidates) boxes, and \(expected) cells or prior boxes for them",
        "Describe strides and sizes as the model was trained with them")
    }
    guard let landmarks else { return }
    guard landmarks.count.isMultiple(of: 2), landmarks.candidates == boxes.candidates else {
      throw outputs.fault(
        "landmarks are \(landmarks.count) numbers for \(landmarks.candidates) boxes", "Give two for each landmark")
    }
  }

  /// Where a candidate's box is. It may reach beyond the picture, and its numbers may be none.
  func corners(of candidate: Int, in values: Span<Float>) -> Corners {
    func value(_ column: Int) -> Float { values[boxes.index(candidate, column)] }
    switch coder {
    case .places(let form):
      let (a, b) = (value(0), value(1))
      let (c, d) = (value(2), value(3))
      return switch form {
      case .corners: (a * scale.x, b * scale.y, c * scale.x, d * scale.y)
      case .cornersRowFirst: (b * scale.x, a * scale.y, d * scale.x, c * scale.y)
      case .centres: ((a - c / 2) * scale.x, (b - d / 2) * scale.y, (a + c / 2) * scale.x, (b + d / 2) * scale.y)
      case .leftTopSize: (a * scale.x, b * scale.y, (a + c) * scale.x, (b + d) * scale.y)
      }
    case .priors(let priors): return priors.corners(of: candidate, offsets: (value(0), value(1), value(2), value(3)))
    case .grid(let cells):
      let cell = cells[candidate]
      let (x, y) = ((cell.x + value(0)) * cell.stride, (cell.y + value(1)) * cell.stride)
      let (width, height) = (expf(value(2)) * cell.stride, expf(value(3)) * cell.stride)
      return (
        (x - width / 2) * scale.x, (y - height / 2) * scale.y, (x + width / 2) * scale.x, (y + height / 2) * scale.y
      )
    case .distribution(let cells, let bins):
      let cell = cells[candidate]
      func distance(_ side: Int) -> Float {
        var (largest, sum, mean) = (-Float.infinity, Float(0), Float(0))
        for bin in 0..<bins { largest = max(largest, value(side * bins + bin)) }
        for bin in 0..<bins {
          let weight = expf(value(side * bins + bin) - largest)
          sum += weight
          mean += weight * Float(bin)
        }
        return mean / sum
      }
      let (x, y) = (cell.x + 0.5, cell.y + 0.5)
      let (across, down) = (cell.stride * scale.x, cell.stride * scale.y)
      return (
        (x - distance(0)) * across, (y - distance(1)) * down, (x + distance(2)) * across, (y + distance(3)) * down
      )
    }
  }

  /// A candidate's landmarks, in 0 to 1 of the model's picture; none where one of them is no number. Allocates.
  func landmarks(of candidate: Int, in outputs: [[Float]]) -> [ModelOutput.Point] {
    guard let landmarks else { return [] }
    let values = outputs[landmarks.place]
    guard (0..<landmarks.count).allSatisfy({ !values[landmarks.index(candidate, $0)].isNaN }) else { return [] }
    return (0..<landmarks.count / 2).map { number in
      let (x, y) = (
        values[landmarks.index(candidate, 2 * number)], values[landmarks.index(candidate, 2 * number + 1)]
      )
      let place: (x: Float, y: Float)
      switch coder {
      case .places, .distribution: place = (x * scale.x, y * scale.y)
      case .priors(let priors): place = priors.point(of: candidate, offset: (x, y))
      case .grid(let cells):
        let cell = cells[candidate]
        place = ((cell.x + x) * cell.stride * scale.x, (cell.y + y) * cell.stride * scale.y)
      }
      return ModelOutput.Point(x: Self.held(place.x), y: Self.held(place.y))
    }
  }

  /// Within 0 to 1; what is no number is 0.
  static func held(_ value: Float) -> Float { value.isFinite ? min(1, max(0, value)) : 0 }
}
