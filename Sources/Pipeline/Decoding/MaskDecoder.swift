internal import BraidCore
internal import BraidInference

/// Turns scores of pixels into masks: of each pixel's best class, or of all that are sure enough.
///
/// Run lengths are COCO's uncompressed ones (`pycocotools`): column by column, each from above, beginning with pixels that do not
/// belong to the class. A class without a pixel has no mask. Of equal scores the first class is the better. Allocates: what it gives.
struct MaskDecoder: OutputDecoder {
  private let settings: ModelDescription.Mask
  private let place: Int
  private let height: Int
  private let width: Int
  private let classes: Int
  private let isTold: [Bool]
  /// The best class of each pixel, row by row.
  private var best: [Int]

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or not as many classes as labels.
  init(_ settings: ModelDescription.Mask, outputs: ModelOutputs) throws(PipelineError) {
    self.settings = settings
    place = try outputs.place(of: settings.output)
    var shape = try outputs.shape(of: settings.output)
    if shape.count == 4, shape[0] == 1 { shape.removeFirst() }
    if shape.count == 2 { shape.insert(1, at: settings.hasClassesLast ? 2 : 0) }
    guard shape.count == 3 else {
      throw outputs.fault(
        "output '\(settings.output)' is \(shape), and a mask has classes, rows and columns", "Describe another output")
    }
    if settings.hasClassesLast {
      (height, width, classes) = (shape[0], shape[1], shape[2])
    } else {
      (classes, height, width) = (shape[0], shape[1], shape[2])
    }
    try outputs.check(settings.labels, classes: classes, of: settings.output)
    let labels = settings.labels.isEmpty ? (0..<classes).map { "\($0)" } : settings.labels
    isTold = labels.map { !settings.ignored.contains($0) }
    best = Array(repeating: 0, count: settings.threshold == nil ? height * width : 0)
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput {
    guard outputs.indices.contains(place), outputs[place].count >= classes * height * width else { return .masks([]) }
    let scores = outputs[place]
    let values = scores.span
    let (pixelStep, classStep) = settings.hasClassesLast ? (classes, 1) : (1, height * width)
    if settings.threshold == nil {
      for pixel in best.indices {
        var (label, score) = (0, -Float.infinity)
        for other in 0..<classes where values[pixel * pixelStep + other * classStep] > score {
          (label, score) = (other, values[pixel * pixelStep + other * classStep])
        }
        best[pixel] = label
      }
    }
    var masks: [ModelOutput.Mask] = []
    for label in 0..<classes where isTold[label] {
      let counts =
        if let threshold = settings.threshold {
          counts { values[$0 * pixelStep + label * classStep] >= threshold }
        } else {
          counts { best[$0] == label }
        }
      guard counts.count > 1 else { continue }
      masks.append(
        ModelOutput.Mask(
          label: settings.labels.isEmpty ? "\(label)" : settings.labels[label], height: height, width: width,
          counts: counts))
    }
    return .masks(masks)
  }

  /// Run lengths of the pixels, numbered row by row, for which something holds.
  private func counts(_ belongs: (Int) -> Bool) -> [Int] {
    var counts: [Int] = []
    var (length, isInside) = (0, false)
    for column in 0..<width {
      for row in 0..<height {
        if belongs(row * width + column) != isInside {
          counts.append(length)
          (length, isInside) = (0, !isInside)
        }
        length += 1
      }
    }
    counts.append(length)
    return counts
  }
}
