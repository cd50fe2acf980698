internal import CKernels

/// From a histogram to a range.
extension ActivationHistogram {
  /// The range by `method`; that of all values where nothing smaller is better.
  func range(by method: CalibrationMethod, percentile: Double) -> ValueRange {
    guard !counts.isEmpty, range.span > 0 else { return range }
    switch method {
    case .minMax: return range
    case .movingAverage: return averageRange.span > 0 ? averageRange : range
    case .percentile: return percentileRange(percentile)
    case .entropy: return entropyRange()
    case .meanSquaredError: return leastErrorRange()
    }
  }

  /// Half of what may lie outside on each side, between the edges of a bin in proportion.
  private func percentileRange(_ percent: Double) -> ValueRange {
    let total = counts.reduce(0, +)
    let outside = Double(total) * (100 - percent) / 200
    func edge(_ order: some Sequence<Int>, _ from: (Int) -> (near: Double, far: Double)) -> Double {
      var seen = 0.0
      for place in order where counts[place] > 0 {
        let next = seen + Double(counts[place])
        if next >= outside {
          let (near, far) = from(place)
          return near + (far - near) * (outside - seen) / Double(counts[place])
        }
        seen = next
      }
      return 0
    }
    let low = edge(counts.indices) { (left($0), left($0 + 1)) }
    let high = edge(counts.indices.reversed()) { (left($0 + 1), left($0)) }
    return ValueRange(max(Float(low), range.low), min(Float(high), range.high))
  }

  private func left(_ place: Int) -> Double { Double(first + Int64(place)) * width }

  /// Among ranges cut off alike on both sides.
  private func entropyRange() -> ValueRange {
    let reach = max(-range.low, range.high)
    var best = (divergence: Double.infinity, range: range)
    let steps = 128
    for step in (steps / 16)...steps {
      let cut = reach * Float(step) / Float(steps)
      let tried = ValueRange(max(range.low, -cut), min(range.high, cut))
      let begin = max(0, Int((Double(tried.low) / width).rounded(.down)) - Int(first))
      let end = min(counts.count, Int((Double(tried.high) / width).rounded(.up)) - Int(first))
      let divergence = unsafe counts.withUnsafeBufferPointer { counts in
        unsafe braid_histogram_divergence(counts.baseAddress, counts.count, begin, max(begin, end), 255)
      }
      if divergence <= best.divergence { best = (divergence, tried) }
    }
    return best.range
  }

  /// One end after the other is drawn in, twice.
  private func leastErrorRange() -> ValueRange {
    var best = (error: error(range), range: range)
    for _ in 0..<2 {
      for isHigh in [true, false] {
        let start = best.range
        guard (isHigh ? start.high : start.low) != 0 else { continue }
        for step in stride(from: 98, through: 4, by: -2) {
          let part = Float(step) / 100
          let tried =
            isHigh ? ValueRange(start.low, start.high * part) : ValueRange(start.low * part, start.high)
          let error = error(tried)
          if error < best.error { best = (error, tried) }
        }
      }
    }
    return best.range
  }

  /// The sum of squared errors of all values stored in bytes over `range`.
  func error(_ range: ValueRange) -> Double {
    let meaning = range.quantization
    return unsafe counts.withUnsafeBufferPointer { counts in
      unsafe braid_histogram_error(
        counts.baseAddress, counts.count, first, width, Double(meaning.scale), Double(meaning.zeroPoint), 255)
    }
  }
}
