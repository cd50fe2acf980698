internal import CKernels

/// Sums and affine maps over runs of elements, in double precision, by the C loops.
extension RealElement {
  /// The sum of the elements of `range`.
  static func sum(_ x: Elements<Self>, _ range: Range<Int>) -> Double {
    x.check(range)
    if Self.self == Float.self {
      return unsafe braid_sum_f32(x.raw(range.lowerBound, as: Float.self), range.count)
    }
    return unsafe braid_sum_f64(x.raw(range.lowerBound, as: Double.self), range.count)
  }

  /// The sum of the squares of what the elements of `range` are apart from `mean`.
  static func squares(_ x: Elements<Self>, _ range: Range<Int>, around mean: Double) -> Double {
    x.check(range)
    if Self.self == Float.self {
      return unsafe braid_sum_of_squared_differences_f32(x.raw(range.lowerBound, as: Float.self), range.count, mean)
    }
    return unsafe braid_sum_of_squared_differences_f64(x.raw(range.lowerBound, as: Double.self), range.count, mean)
  }

  /// The mean and the variance of the elements of `range`; zeros where it is empty.
  static func moments(_ x: Elements<Self>, _ range: Range<Int>) -> (mean: Double, variance: Double) {
    guard !range.isEmpty else { return (0, 0) }
    let mean = sum(x, range) / Double(range.count)
    return (mean, squares(x, range, around: mean) / Double(range.count))
  }

  /// y = (x - mean) * factor + shift over `range`.
  static func map(
    _ x: Elements<Self>, _ y: Elements<Self>, _ range: Range<Int>, mean: Double, factor: Double, shift: Double
  ) {
    x.check(range)
    y.check(range)
    let start = range.lowerBound
    if Self.self == Float.self {
      unsafe braid_scale_shift_f32(
        x.raw(start, as: Float.self), y.raw(start, as: Float.self), range.count, mean, factor, shift)
    } else {
      unsafe braid_scale_shift_f64(
        x.raw(start, as: Double.self), y.raw(start, as: Double.self), range.count, mean, factor, shift)
    }
  }

  /// y = (x - mean) * factor * scale + shift over `count` elements, `x` from `from` and `y` from `to` on; `scale` and
  /// `shift` have an element for each.
  static func map(
    _ x: Elements<Self>, from: Int, _ y: Elements<Self>, to: Int, count: Int, mean: Double, factor: Double,
    scale: Elements<Self>?, shift: Elements<Self>?
  ) {
    x.check(from..<(from + count))
    y.check(to..<(to + count))
    scale?.check(0..<count)
    shift?.check(0..<count)
    if Self.self == Float.self {
      unsafe braid_scale_shift_each_f32(
        x.raw(from, as: Float.self), y.raw(to, as: Float.self), count, mean, factor, scale?.raw(0, as: Float.self),
        shift?.raw(0, as: Float.self))
    } else {
      unsafe braid_scale_shift_each_f64(
        x.raw(from, as: Double.self), y.raw(to, as: Double.self), count, mean, factor,
        scale?.raw(0, as: Double.self), shift?.raw(0, as: Double.self))
    }
  }
}

extension Elements {
  fileprivate func check(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "a kernel reads outside a tensor")
  }

  @unsafe fileprivate func raw<U>(_ index: Int, as: U.Type) -> UnsafeMutablePointer<U> {
    unsafe UnsafeMutableRawPointer(pointer + index).assumingMemoryBound(to: U.self)
  }
}
