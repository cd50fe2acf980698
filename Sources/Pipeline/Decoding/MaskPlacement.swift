internal import BraidCore

extension ModelOutput.Mask {
  /// The mask of the whole picture, in pixels as large as those of the model's output: what was filled around the picture is cut
  /// off, and what the model was not shown does not belong to the class.
  ///
  /// - Parameter placement: where the model's input lies in the picture.
  /// - Returns: the mask; nil where nothing of it is in the picture.
  func placed(by placement: PicturePlacement) -> ModelOutput.Mask? {
    guard let columns = Self.span(placement.x, placement.width, count: width),
      let rows = Self.span(placement.y, placement.height, count: height), let pixels
    else { return nil }
    var runs = Runs()
    for column in columns {
      guard (0..<width).contains(column) else {
        runs.add(false, rows.count)
        continue
      }
      runs.add(false, max(0, min(rows.count, -rows.lowerBound)))
      for row in rows.clamped(to: 0..<height) { runs.add(pixels[column * height + row], 1) }
      runs.add(false, max(0, min(rows.count, rows.upperBound - height)))
    }
    runs.finish()
    guard runs.counts.count > 1 else { return nil }
    return ModelOutput.Mask(label: label, height: rows.count, width: columns.count, counts: runs.counts)
  }

  /// Which of the output's pixels, of `count` in all, the picture covers; it may begin before them and end behind them.
  private static func span(_ start: Float, _ length: Float, count: Int) -> Range<Int>? {
    let (first, last) = (-start / length * Float(count), (1 - start) / length * Float(count))
    guard first.isFinite, last.isFinite, abs(first) < 1e6, abs(last) < 1e6 else { return nil }
    // Half a pixel is rounded up, also where the placement's own rounding is a little below.
    let from = Int((first - 0.499).rounded(.up))
    return from..<from + max(1, Int((last - first).rounded()))
  }

  /// Whether each pixel belongs to it, column by column; nil where the counts are not those of its size.
  private var pixels: [Bool]? {
    guard counts.reduce(0, +) == width * height else { return nil }
    var pixels: [Bool] = []
    pixels.reserveCapacity(width * height)
    for (place, count) in counts.enumerated() {
      pixels.append(contentsOf: repeatElement(place % 2 == 1, count: count))
    }
    return pixels
  }

  /// Run lengths under construction, from pixels that do not belong.
  private struct Runs {
    private(set) var counts: [Int] = []
    private var length = 0
    private var isInside = false

    mutating func add(_ belongs: Bool, _ count: Int) {
      guard count > 0 else { return }
      if belongs != isInside {
        finish()
        isInside = belongs
      }
      length += count
    }

    mutating func finish() {
      counts.append(length)
      length = 0
    }
  }
}
