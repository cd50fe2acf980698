/// Arithmetic on operands repeated to a common shape.
extension OperatorRegistry {
  static let arithmetic: [OperatorDefinition] = [
    pair(.add, Arithmetic.Sum()),
    pair("Sub", Arithmetic.Difference()),
    pair(.mul, Arithmetic.Product()),
    pair("Div", Arithmetic.Quotient()),
    pair("PRelu", Arithmetic.ParametricRectifier()),
    OperatorDefinition(
      "Mod",
      infer: { call throws(InferenceError) in try pairType(call, oneOf: ElementType.numbers) }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      return try call.attributes.int("fmod", default: 0) != 0
        ? Kernel(PairMap(function: Arithmetic.Remainder(), broadcast: broadcast), of: outputs[0].elementType)
        : Kernel(PairMap(function: Arithmetic.Modulus(), broadcast: broadcast), of: outputs[0].elementType)
    },
    variadic("Max", Arithmetic.Larger()),
    variadic("Min", Arithmetic.Smaller()),
    variadic("Sum", Arithmetic.Sum()),
    variadic("Mean", Arithmetic.Sum(), divides: true),
    OperatorDefinition(
      "Pow",
      infer: { call throws(InferenceError) in
        let type = try call.elementType(0, oneOf: ElementType.numbers)
        _ = try call.elementType(1, oneOf: ElementType.numbers)
        guard call.inputs.count == 2 else { throw .invalid("it has \(call.inputs.count) operands, not two") }
        return [try call.type(type, Broadcast.shape(call.shapes()))]
      }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      let (base, exponent) = (outputs[0].elementType, try call.input(1).elementType)
      guard base != exponent else {
        return try Kernel(PairMap(function: Arithmetic.Power(), broadcast: broadcast), of: base)
      }
      return try Kernel(MixedPower(broadcast: broadcast, exponent: exponent), of: base)
    },
  ]

  /// The type of the result of two operands of one type, one of `types`.
  static func pairType(
    _ call: OperatorCall, oneOf types: Set<ElementType>, result: ElementType? = nil
  ) throws(InferenceError) -> [TensorType] {
    guard call.inputs.count == 2 else { throw .invalid("it has \(call.inputs.count) operands, not two") }
    let type = try call.commonType(0..<2, oneOf: types)
    return [try call.type(result ?? type, Broadcast.shape(call.shapes()))]
  }

  private static func pair(_ kind: OperatorKind, _ function: some PairFunction) -> OperatorDefinition {
    OperatorDefinition(
      kind, infer: { call throws(InferenceError) in try pairType(call, oneOf: ElementType.numbers) }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      return try Kernel(PairMap(function: function, broadcast: broadcast), of: outputs[0].elementType)
    }
  }

  private static func variadic(
    _ kind: OperatorKind, _ function: some PairFunction, divides: Bool = false
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        let type = try call.commonType(call.inputs.indices, oneOf: ElementType.numbers)
        return [try call.type(type, Broadcast.shape(call.shapes()))]
      }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      guard call.inputs.count != 2 || divides else {
        return try Kernel(PairMap(function: function, broadcast: broadcast), of: outputs[0].elementType)
      }
      return try Kernel(
        VariadicMap(function: function, broadcast: broadcast, divides: divides), of: outputs[0].elementType)
    }
  }
}

/// Folds any number of operands into the result, one after the other.
private struct VariadicMap<F: PairFunction>: NumberKernel {
  let function: F
  let broadcast: Broadcast
  /// Whether the result is divided by the number of operands.
  let divides: Bool

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let function = function
    let y = Elements<T>(arguments.output)
    let inner = broadcast.inner
    guard inner > 0 else { return }
    for index in arguments.inputs.indices {
      let x = Elements<T>(arguments.input(index))
      let step = broadcast.steps[index]
      for row in broadcast.rows[index].indices {
        let source = unsafe x.run(broadcast.rows[index][row], step == 0 ? 1 : inner)
        let target = unsafe y.run(row * inner, inner)
        if index == 0 {
          for i in 0..<inner { unsafe target[i] = source[i * step] }
        } else {
          for i in 0..<inner { unsafe target[i] = function(target[i], source[i * step]) }
        }
      }
    }
    guard divides else { return }
    let count = T(real: Double(arguments.inputs.count))
    let all = unsafe y.run(0, y.count)
    for i in 0..<y.count { unsafe all[i] = .quotient(all[i], count) }
  }
}

/// Powers whose exponent is of another type than the base: computed in double precision, or in whole numbers where
/// both are.
private struct MixedPower: NumberKernel {
  let broadcast: Broadcast
  let exponent: ElementType

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) throws(InferenceError) {
    switch exponent {
    case .float32: power(arguments, T.self, Float.self)
    case .float64: power(arguments, T.self, Double.self)
    case .int8: power(arguments, T.self, Int8.self)
    case .int16: power(arguments, T.self, Int16.self)
    case .int32: power(arguments, T.self, Int32.self)
    case .int64: power(arguments, T.self, Int64.self)
    case .uint8: power(arguments, T.self, UInt8.self)
    case .uint16: power(arguments, T.self, UInt16.self)
    case .uint32: power(arguments, T.self, UInt32.self)
    case .uint64: power(arguments, T.self, UInt64.self)
    default: throw .unsupported("Pow with an exponent of type \(exponent)")
    }
  }

  private func power<T: NumberElement, E: NumberElement>(_ arguments: KernelArguments, _: T.Type, _: E.Type) {
    let isWhole = !ElementType.reals.contains(T.elementType) && !ElementType.reals.contains(exponent)
    combineElements(arguments, broadcast, T.self, E.self, T.self) { base, exponent in
      // A whole exponent that this type cannot hold is beyond every power but those of 0, 1 and -1.
      isWhole && T(real: exponent.real).real == exponent.real
        ? T.power(base, T(real: exponent.real)) : T(real: Double.raise(base.real, exponent.real))
    }
  }
}
