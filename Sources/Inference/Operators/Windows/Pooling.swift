internal import CKernels
import Glibc

/// Windows over planes in plain loops: up to three axes.
struct Pooling: Sendable {
  /// The window of one place along one axis.
  private struct Span: Sendable {
    /// Where its first tap inside the operand lies.
    var start: Int
    /// Its taps inside the operand.
    var count: Int
    /// Its taps inside the operand and its padding.
    var padded: Int
  }

  private let spans: [[Span]]
  private let input: [Int]
  private let dilations: [Int]

  init(_ geometry: WindowGeometry) {
    let missing = [Int](repeating: 1, count: 3 - geometry.input.count)
    input = missing + geometry.input
    dilations = missing + geometry.dilations
    spans =
      missing.map { _ in [Span(start: 0, count: 1, padded: 1)] }
      + geometry.output.indices.map { axis in
        let (size, dilation, taps) = (geometry.input[axis], geometry.dilations[axis], geometry.kernel[axis])
        /// The taps that lie before `end`.
        func inside(before end: Int, from start: Int) -> Int {
          max(0, min(taps, (end - start + dilation - 1) / dilation))
        }
        return (0..<geometry.output[axis]).map { place in
          let start = place * geometry.strides[axis] - geometry.before[axis]
          let first = inside(before: 0, from: start)
          let count = max(0, inside(before: size, from: start) - first)
          return Span(
            start: start + first * dilation, count: count,
            padded: inside(before: size + geometry.after[axis], from: start))
        }
      }
  }

  /// Folds the elements of each window, in their order. `step` gets the state, an element and where it lies in its
  /// plane; `finish` the place of the result, the state, the elements seen and the taps inside the padded operand.
  @inline(__always) private func fold<T: BitwiseCopyable, State>(
    _ x: Elements<T>, places: Int, initial: State, step: (inout State, T, Int) -> Void,
    finish: (Int, State, Int, Int) -> Void
  ) {
    let plane = input[0] * input[1] * input[2]
    var place = 0
    let perPlane = spans[0].count * spans[1].count * spans[2].count
    for base in 0..<(perPlane == 0 ? 0 : places / perPlane) {
      for outer in spans[0].indices {
        for middle in spans[1].indices {
          let (a, b) = (spans[0][outer], spans[1][middle])
          for c in spans[2] {
            var state = initial
            for i in 0..<a.count {
              for j in 0..<b.count {
                let row =
                  ((a.start + i * dilations[0]) * input[1] + b.start + j * dilations[1]) * input[2] + c.start
                for k in 0..<c.count {
                  let at = row + k * dilations[2]
                  step(&state, x[base * plane + at], at)
                }
              }
            }
            finish(place, state, a.count * b.count * c.count, a.padded * b.padded * c.padded)
            place += 1
          }
        }
      }
    }
  }

  /// The largest element of each window, the first where several are, and with `places` its index in the whole
  /// operand: within its plane counted along columns where `columns`.
  func maximum<T: BitwiseCopyable & Comparable>(
    _ arguments: KernelArguments, _ least: T, places: Bool, columns: Bool
  ) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    guard places else {
      fold(x, places: y.count, initial: least) { largest, value, _ in
        if value > largest { largest = value }
      } finish: { place, largest, _, _ in
        y[place] = largest
      }
      return
    }
    let indices = Elements<Int64>(arguments.outputs[1])
    let (plane, perPlane) = (input[0] * input[1] * input[2], spans[0].count * spans[1].count * spans[2].count)
    fold(x, places: y.count, initial: (least, -1)) { state, value, at in
      if state.1 < 0 || value > state.0 { state = (value, at) }
    } finish: { place, state, _, _ in
      y[place] = state.0
      var at = max(0, state.1)
      if columns {
        let (rows, cells) = (at / input[2], at % input[2])
        at = rows / input[1] + (rows % input[1] + cells * input[1]) * input[0]
      }
      indices[place] = Int64(place / perPlane * plane + at)
    }
  }

  fileprivate func average<T: RealElement>(_ x: Elements<T>, _ y: Elements<T>, countingPadding: Bool) {
    fold(x, places: y.count, initial: 0.0) { sum, value, _ in
      sum += value.real
    } finish: { place, sum, inside, padded in
      let count = countingPadding ? padded : inside
      y[place] = count == 0 ? 0 : T(sum / Double(count))
    }
  }

  fileprivate func norm<T: RealElement>(_ x: Elements<T>, _ y: Elements<T>, power: Double) {
    fold(x, places: y.count, initial: 0.0) { sum, value, _ in
      let size = abs(value.real)
      sum += power == 2 ? size * size : power == 1 ? size : pow(size, power)
    } finish: { place, sum, _, _ in
      y[place] = T(power == 2 ? sum.squareRoot() : power == 1 ? sum : pow(sum, 1 / power))
    }
  }
}

/// The mean of each window.
struct AveragePooling: RealKernel {
  let pool: Pooling
  /// Whether padding counts among the elements, as zeros.
  let countingPadding: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    pool.average(Elements<T>(arguments.input(0)), Elements<T>(arguments.output), countingPadding: countingPadding)
  }
}

/// The `power` norm of each window.
struct NormPooling: RealKernel {
  let pool: Pooling
  let power: Double

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    pool.norm(Elements<T>(arguments.input(0)), Elements<T>(arguments.output), power: power)
  }
}

/// Pooling over whole planes.
struct GlobalPooling: RealKernel {
  enum Rule: Sendable {
    case mean
    case maximum
    case norm(Double)
  }

  let rule: Rule

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let plane = x.count / max(1, y.count)
    for i in 0..<y.count {
      let range = (i * plane)..<((i + 1) * plane)
      switch rule {
      case .mean: y[i] = T(T.sum(x, range) / Double(plane))
      case .maximum:
        var largest = -T.infinity
        for j in range where x[j] > largest { largest = x[j] }
        y[i] = largest
      case .norm(let power):
        var sum = 0.0
        for j in range {
          let size = abs(x[j].real)
          sum += power == 2 ? size * size : power == 1 ? size : pow(size, power)
        }
        y[i] = T(power == 2 ? sum.squareRoot() : power == 1 ? sum : pow(sum, 1 / power))
      }
    }
  }
}
