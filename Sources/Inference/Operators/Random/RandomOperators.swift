/// Operators that draw numbers.
///
/// The numbers follow from the seed alone, 0 where none is given, so that a model gives the same output for the same
/// input at every run.
extension OperatorRegistry {
  static let random: [OperatorDefinition] = [
    draw("RandomNormal", .normal, like: false),
    draw("RandomNormalLike", .normal, like: true),
    draw("RandomUniform", .uniform, like: false),
    draw("RandomUniformLike", .uniform, like: true),
    OperatorDefinition(
      "Bernoulli",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.reals)
        return [try call.type(drawnType(call, default: type), call.input(0).shape.dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let wide = try call.input(0).elementType == .float64
      return try Kernel(BernoulliKernel(seed: seed(call), isWide: wide), of: outputs[0].elementType)
    },
    OperatorDefinition(
      "Multinomial",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: ElementType.reals)
        let shape = try call.input(0).shape
        let count = try call.attributes.int("sample_size", default: 1)
        guard shape.rank == 2, shape[1] > 0 else { throw .shape("\(shape) is not a table of probabilities") }
        let type = try drawnType(call, default: .int32)
        guard type == .int32 || type == .int64 else { throw .unsupported("Multinomial of type \(type)") }
        return [try call.type(type, [shape[0], count])]
      }
    ) { call, outputs throws(InferenceError) in
      let kernel = MultinomialKernel(
        seed: try seed(call), classes: try call.input(0).shape[1], isWide: outputs[0].elementType == .int64)
      return try Kernel(kernel, of: call.input(0).elementType)
    },
  ]

  fileprivate enum Distribution { case normal, uniform }

  private static func draw(_ kind: OperatorKind, _ distribution: Distribution, like: Bool) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        let dimensions = like ? try call.input(0).shape.dimensions : try call.attributes.ints("shape")
        guard let dimensions else { throw .invalid("its shape is missing") }
        let same: ElementType = like ? try call.input(0).elementType : .float32
        return [try call.type(drawnType(call, default: same), dimensions)]
      }
    ) { call, outputs throws(InferenceError) in
      let attributes = call.attributes
      let (first, second) =
        distribution == .normal
        ? (try attributes.float("mean", default: 0), try attributes.float("scale", default: 1))
        : (try attributes.float("low", default: 0), try attributes.float("high", default: 1))
      return try Kernel(
        DrawKernel(seed: seed(call), distribution: distribution, first: Double(first), second: Double(second)),
        of: outputs[0].elementType)
    }
  }

  private static func drawnType(
    _ call: OperatorCall, default fallback: ElementType
  ) throws(InferenceError) -> ElementType {
    let number = try call.attributes.int("dtype", default: 0)
    return number == 0 ? fallback : try Cast.type(number)
  }

  private static func seed(_ call: OperatorCall) throws(InferenceError) -> UInt32 {
    Cast.whole(Double(try call.attributes.float("seed", default: 0)))
  }
}

private struct DrawKernel: RealKernel {
  let seed: UInt32
  let distribution: OperatorRegistry.Distribution
  /// The mean and deviation, or the bounds.
  let first: Double
  let second: Double

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    var generator = MersenneTwister(seed: seed)
    let y = Elements<T>(arguments.output)
    for i in 0..<y.count {
      switch distribution {
      case .normal: y[i] = T(first + second * generator.normal())
      case .uniform: y[i] = T(first + (second - first) * generator.uniform())
      }
    }
  }
}

/// 1 with the probability that the operand gives, else 0.
private struct BernoulliKernel: NumberKernel {
  let seed: UInt32
  let isWide: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    var generator = MersenneTwister(seed: seed)
    let y = Elements<T>(arguments.output)
    for i in 0..<y.count {
      let probability =
        isWide ? Elements<Double>(arguments.input(0))[i] : Double(Elements<Float>(arguments.input(0))[i])
      y[i] = generator.uniform() < probability ? .one : .zero
    }
  }
}

/// Classes drawn by the logarithms of their probabilities, which need not sum to 1.
private struct MultinomialKernel: RealKernel {
  let seed: UInt32
  let classes: Int
  let isWide: Bool

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    var generator = MersenneTwister(seed: seed)
    let x = Elements<T>(arguments.input(0))
    let rows = x.count / classes
    guard rows > 0 else { return }
    let samples = arguments.output.count / rows
    for row in 0..<rows {
      let base = row * classes
      var largest = -Double.infinity
      for i in 0..<classes { largest = max(largest, Double(x[base + i])) }
      func weight(_ i: Int) -> Double { Double.exponential(Double(x[base + i]) - largest) }
      var total = 0.0
      for i in 0..<classes { total += weight(i) }
      for sample in 0..<samples {
        var rest = generator.uniform() * total
        var drawn = 0
        while drawn < classes - 1 {
          rest -= weight(drawn)
          if rest < 0 { break }
          drawn += 1
        }
        let place = row * samples + sample
        if isWide {
          Elements<Int64>(arguments.output)[place] = Int64(drawn)
        } else {
          Elements<Int32>(arguments.output)[place] = Int32(drawn)
        }
      }
    }
  }
}
