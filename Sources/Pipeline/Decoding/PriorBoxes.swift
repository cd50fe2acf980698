internal import BraidInference
internal import Glibc

/// The prior boxes of a detector, from which its boxes are offsets.
struct PriorBoxes {
  private struct Box {
    var x: Float
    var y: Float
    var width: Float
    var height: Float
  }

  private var boxes: [Box] = []
  private let centreVariance: Float
  private let sizeVariance: Float

  init(_ layout: ModelDescription.Priors) {
    centreVariance = layout.centreVariance
    sizeVariance = layout.sizeVariance
    let (width, height) = (Float(layout.width), Float(layout.height))
    for level in layout.levels {
      let stride = Float(level.stride)
      for row in 0..<(layout.height + level.stride - 1) / level.stride {
        for column in 0..<(layout.width + level.stride - 1) / level.stride {
          for size in level.sizes {
            boxes.append(
              Box(
                x: min(1, (Float(column) + 0.5) * stride / width), y: min(1, (Float(row) + 0.5) * stride / height),
                width: min(1, Float(size) / width), height: min(1, Float(size) / height)))
          }
        }
      }
    }
  }

  /// Left, top, right and bottom of a box, in 0 to 1 of the picture; a box without a prior is empty.
  func corners(of index: Int, offsets: (Float, Float, Float, Float)) -> (Float, Float, Float, Float) {
    guard index < boxes.count else { return (0, 0, 0, 0) }
    let prior = boxes[index]
    let x = prior.x + offsets.0 * centreVariance * prior.width
    let y = prior.y + offsets.1 * centreVariance * prior.height
    let width = prior.width * expf(offsets.2 * sizeVariance)
    let height = prior.height * expf(offsets.3 * sizeVariance)
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
  }
}
