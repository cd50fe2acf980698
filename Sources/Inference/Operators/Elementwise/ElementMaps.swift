/// A function of one real number.
protocol RealFunction: Sendable {
  func callAsFunction<T: RealElement>(_ x: T) -> T
  /// Writes the function of `count` elements; false where there is no faster way than one by one.
  @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool
}

extension RealFunction {
  @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool { false }
}

/// A function of one number of any type.
protocol NumberFunction: Sendable {
  func callAsFunction<T: NumberElement>(_ x: T) -> T
}

/// A function of two numbers of one type.
protocol PairFunction: Sendable {
  func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T
}

/// A function of two whole numbers of one type.
protocol WholePairFunction: Sendable {
  func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T
}

/// A relation between two numbers of one type.
protocol Relation: Sendable {
  func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool
}

/// Writes `function` of each element of operand 0.
@inline(__always)
func mapElements<T: BitwiseCopyable, U: BitwiseCopyable>(
  _ arguments: KernelArguments, _: T.Type, _: U.Type, _ function: (T) -> U
) {
  let (x, y) = (Elements<T>(arguments.input(0)), Elements<U>(arguments.output))
  let count = x.count
  let (source, target) = unsafe (x.run(0, count), y.run(0, count))
  for i in 0..<count { unsafe target[i] = function(source[i]) }
}

/// Writes `function` of each pair of elements of operands 0 and 1, repeated to the shape of the result.
@inline(__always)
func combineElements<T: BitwiseCopyable, S: BitwiseCopyable, U: BitwiseCopyable>(
  _ arguments: KernelArguments, _ broadcast: Broadcast, _: T.Type, _: S.Type, _: U.Type, _ function: (T, S) -> U
) {
  let (a, b) = (Elements<T>(arguments.input(0)), Elements<S>(arguments.input(1)))
  let y = Elements<U>(arguments.output)
  let (inner, stepA, stepB) = (broadcast.inner, broadcast.steps[0], broadcast.steps[1])
  guard inner > 0 else { return }
  let (lengthA, lengthB) = (stepA == 0 ? 1 : inner, stepB == 0 ? 1 : inner)
  for row in broadcast.rows[0].indices {
    let p = unsafe a.run(broadcast.rows[0][row], lengthA)
    let q = unsafe b.run(broadcast.rows[1][row], lengthB)
    let target = unsafe y.run(row * inner, inner)
    if stepA != 0, stepB != 0 {
      for i in 0..<inner { unsafe target[i] = function(p[i], q[i]) }
    } else if stepA != 0 {
      let second = unsafe q[0]
      for i in 0..<inner { unsafe target[i] = function(p[i], second) }
    } else if stepB != 0 {
      let first = unsafe p[0]
      for i in 0..<inner { unsafe target[i] = function(first, q[i]) }
    } else {
      let value = unsafe function(p[0], q[0])
      for i in 0..<inner { unsafe target[i] = value }
    }
  }
}

/// Maps each element by a function of a real number.
struct RealMap<F: RealFunction>: RealKernel {
  let function: F

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let function = function
    if T.self == Float.self {
      let (x, y) = (Elements<Float>(arguments.input(0)), Elements<Float>(arguments.output))
      if unsafe function.map(x.run(0, x.count), to: y.run(0, x.count), count: x.count) { return }
    }
    mapElements(arguments, T.self, T.self) { function($0) }
  }
}

/// Maps each element by a function of a number.
struct NumberMap<F: NumberFunction>: NumberKernel {
  let function: F

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let function = function
    mapElements(arguments, T.self, T.self) { function($0) }
  }
}

/// Combines two operands by a function.
struct PairMap<F: PairFunction>: NumberKernel {
  let function: F
  let broadcast: Broadcast

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let function = function
    combineElements(arguments, broadcast, T.self, T.self, T.self) { function($0, $1) }
  }
}

/// Combines two operands of whole numbers by a function.
struct WholePairMap<F: WholePairFunction>: WholeKernel {
  let function: F
  let broadcast: Broadcast

  func run<T: WholeElement>(_ arguments: KernelArguments, _: T.Type) {
    let function = function
    combineElements(arguments, broadcast, T.self, T.self, T.self) { function($0, $1) }
  }
}

/// Compares two operands.
struct RelationMap<F: Relation>: NumberKernel {
  let relation: F
  let broadcast: Broadcast

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let relation = relation
    combineElements(arguments, broadcast, T.self, T.self, UInt8.self) { relation($0, $1) ? 1 : 0 }
  }
}
