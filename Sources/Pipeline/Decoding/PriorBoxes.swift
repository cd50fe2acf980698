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

  /// - Parameters:
  ///   - layout: the grids.
  ///   - width: of the model's picture, in pixels.
  ///   - height: of it.
  init(_ layout: ModelDescription.Priors, width: Int, height: Int) {
    centreVariance = layout.centreVariance
    sizeVariance = layout.sizeVariance
    let (across, down) = (Float(width), Float(height))
    for level in layout.levels {
      for cell in GridCell.cells(stride: level.stride, width: width, height: height) {
        for size in level.sizes {
          boxes.append(
            Box(
              x: min(1, (cell.x + 0.5) * cell.stride / across), y: min(1, (cell.y + 0.5) * cell.stride / down),
              width: min(1, size.width / across), height: min(1, size.height / down)))
        }
      }
    }
  }

  /// How many a layout would have.
  static func count(_ layout: ModelDescription.Priors, width: Int, height: Int) -> Int {
    layout.levels.reduce(0) { sum, level in
      sum + GridCell.count(stride: level.stride, width: width, height: height) * level.sizes.count
    }
  }

  /// Left, top, right and bottom of a box, in 0 to 1 of the picture; a box without a prior is empty.
  func corners(of index: Int, offsets: (Float, Float, Float, Float)) -> (Float, Float, Float, Float) {
    guard index < boxes.count else { return (0, 0, 0, 0) }
    let prior = boxes[index]
    let (x, y) = point(of: index, offset: (offsets.0, offsets.1))
    let width = prior.width * expf(offsets.2 * sizeVariance)
    let height = prior.height * expf(offsets.3 * sizeVariance)
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
  }

  /// A place given as an offset from a prior box, in 0 to 1 of the picture.
  func point(of index: Int, offset: (Float, Float)) -> (x: Float, y: Float) {
    guard index < boxes.count else { return (0, 0) }
    let prior = boxes[index]
    return (prior.x + offset.0 * centreVariance * prior.width, prior.y + offset.1 * centreVariance * prior.height)
  }
}

/// A cell of the grid of a stride.
struct GridCell {
  /// Which of its row.
  var x: Float
  /// Which row.
  var y: Float
  /// Pixels from one cell to the next.
  var stride: Float

  /// How many cells are over a picture: 2^28 at most, with the sides that pictures may have.
  static func count(stride: Int, width: Int, height: Int) -> Int {
    let size = size(stride: stride, width: width, height: height)
    return size.columns * size.rows
  }

  private static func size(stride: Int, width: Int, height: Int) -> (columns: Int, rows: Int) {
    let stride = max(1, stride)
    return ((width - 1) / stride + 1, (height - 1) / stride + 1)
  }

  /// All cells over a picture, row by row.
  static func cells(stride: Int, width: Int, height: Int) -> [GridCell] {
    let stride = max(1, stride)
    let size = size(stride: stride, width: width, height: height)
    var cells: [GridCell] = []
    for row in 0..<size.rows {
      for column in 0..<size.columns {
        cells.append(GridCell(x: Float(column), y: Float(row), stride: Float(stride)))
      }
    }
    return cells
  }
}
