import Glibc

/// Operators that combine elements of two or more operands, repeated to a common shape.
extension OperatorRegistry {
  static let binary: [OperatorDefinition] = [
    arithmetic(.add, { $0 + $1 }, { $0 &+ $1 }),
    arithmetic("Sub", { $0 - $1 }, { $0 &- $1 }),
    arithmetic(.mul, { $0 * $1 }, { $0 &* $1 }),
    arithmetic("Div", { $0 / $1 }, { quotient($0, $1) }),
    arithmetic("Max", { maximum($0, $1) }, { max($0, $1) }),
    arithmetic("Min", { -maximum(-$0, -$1) }, { min($0, $1) }),
    arithmetic("Pow", { power($0, $1) }, { power($0, $1) }),
    arithmetic("PRelu", { $0 < 0 ? $0 * $1 : $0 }, { $0 < 0 ? $0 &* $1 : $0 }),
  ]

  static let comparison: [OperatorDefinition] = [
    relation("Equal", { $0 == $1 }, { $0 == $1 }),
    relation("Less", { $0 < $1 }, { $0 < $1 }),
    relation("LessOrEqual", { $0 <= $1 }, { $0 <= $1 }),
    relation("Greater", { $0 > $1 }, { $0 > $1 }),
    relation("GreaterOrEqual", { $0 >= $1 }, { $0 >= $1 }),
    relation("And", { $0 != 0 && $1 != 0 }, { $0 != 0 && $1 != 0 }),
    relation("Or", { $0 != 0 || $1 != 0 }, { $0 != 0 || $1 != 0 }),
    OperatorDefinition(
      "Where",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.bool])
        let type = try call.input(1).elementType
        guard try call.input(2).elementType == type else { throw .invalid("its branches have different types") }
        let shape = try Broadcast.shape([call.input(0).shape, call.input(1).shape, call.input(2).shape])
        return [try call.type(type, shape)]
      }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(
        [try call.input(0).shape, try call.input(1).shape, try call.input(2).shape], to: outputs[0].shape)
      return ByteSize(of: outputs[0].elementType).kernel(
        WhereKernel(broadcast: broadcast))
    },
  ]

  private struct WhereKernel: SizedKernel {
    let broadcast: Broadcast

    func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
      let condition = Elements(arguments.input(0), as: UInt8.self)
      let (a, b) = (Elements(arguments.input(1), as: T.self), Elements(arguments.input(2), as: T.self))
      let y = Elements(arguments.output, as: T.self)
      let (inner, steps) = (broadcast.inner, broadcast.steps)
      for row in broadcast.rows[0].indices {
        let (c, p, q) = (broadcast.rows[0][row], broadcast.rows[1][row], broadcast.rows[2][row])
        for i in 0..<inner {
          y[row * inner + i] =
            condition[c + i * steps[0]] != 0 ? a[p + i * steps[1]] : b[q + i * steps[2]]
        }
      }
    }
  }

  private static func maximum(_ a: Float, _ b: Float) -> Float { a.isNaN || a > b ? a : b }

  /// Division towards zero. Division by zero gives 0: the standard leaves it open.
  private static func quotient(_ a: Int64, _ b: Int64) -> Int64 { b == 0 ? 0 : b == -1 ? 0 &- a : a / b }

  private static func power(_ a: Float, _ b: Float) -> Float { b == 2 ? a * a : powf(a, b) }

  private static func power(_ base: Int64, _ exponent: Int64) -> Int64 {
    guard exponent >= 0 else { return base == 1 ? 1 : base == -1 ? (exponent & 1 == 0 ? 1 : -1) : 0 }
    var (result, factor, rest): (Int64, Int64, Int64) = (1, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  private static func commonType(
    _ call: OperatorCall, oneOf types: Set<ElementType>
  ) throws(InferenceError) -> ElementType {
    let type = try call.elementType(0, oneOf: types)
    guard call.inputs.count == 2 || ["Max", "Min"].contains(call.node.kind) else {
      throw .invalid("it has \(call.inputs.count) operands, not two")
    }
    for index in call.inputs.indices {
      guard try call.input(index).elementType == type else { throw .invalid("its operands have different types") }
    }
    return type
  }

  private static func shapes(_ call: OperatorCall) throws(InferenceError) -> [TensorShape] {
    var shapes: [TensorShape] = []
    for index in call.inputs.indices { shapes.append(try call.input(index).shape) }
    return shapes
  }

  private static func arithmetic(
    _ kind: OperatorKind, _ real: @escaping @Sendable (Float, Float) -> Float,
    _ whole: @escaping @Sendable (Int64, Int64) -> Int64
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        let type = try commonType(call, oneOf: [.float32, .int32, .int64])
        return [try call.type(type, Broadcast.shape(shapes(call)))]
      }
    ) { call, outputs throws(InferenceError) in
      let operands = try shapes(call)
      guard operands.count == 2 else { return try variadic(operands, outputs[0], real, whole) }
      let broadcast = Broadcast(operands, to: outputs[0].shape)
      switch outputs[0].elementType {
      case .int64: return pairKernel(broadcast, Int64.self, Int64.self, whole)
      case .int32:
        return pairKernel(broadcast, Int32.self, Int32.self) { Int32(truncatingIfNeeded: whole(Int64($0), Int64($1))) }
      default: return pairKernel(broadcast, Float.self, Float.self, real)
      }
    }
  }

  /// `Max` and `Min` of any number of operands.
  private static func variadic(
    _ operands: [TensorShape], _ output: TensorType, _ real: @escaping @Sendable (Float, Float) -> Float,
    _ whole: @escaping @Sendable (Int64, Int64) -> Int64
  ) throws(InferenceError) -> Kernel {
    guard output.elementType == .float32 else { throw .unsupported("more than two whole-number operands") }
    let broadcast = Broadcast(operands, to: output.shape)
    return Kernel { arguments in
      let y = Elements(arguments.output, as: Float.self)
      for index in arguments.inputs.indices {
        let x = Elements(arguments.input(index), as: Float.self)
        for row in broadcast.rows[index].indices {
          for i in 0..<broadcast.inner {
            let value = x[broadcast.rows[index][row] + i * broadcast.steps[index]]
            let place = row * broadcast.inner + i
            y[place] = index == 0 ? value : real(y[place], value)
          }
        }
      }
    }
  }

  private static func relation(
    _ kind: OperatorKind, _ real: @escaping @Sendable (Float, Float) -> Bool,
    _ whole: @escaping @Sendable (Int64, Int64) -> Bool
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind,
      infer: { call throws(InferenceError) in
        _ = try commonType(call, oneOf: [.float32, .int32, .int64, .bool, .uint8, .int8])
        return [try call.type(.bool, Broadcast.shape(shapes(call)))]
      }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try shapes(call), to: outputs[0].shape)
      switch try call.input(0).elementType {
      case .int64: return pairKernel(broadcast, Int64.self, UInt8.self) { whole($0, $1) ? 1 : 0 }
      case .int32: return pairKernel(broadcast, Int32.self, UInt8.self) { whole(Int64($0), Int64($1)) ? 1 : 0 }
      case .int8: return pairKernel(broadcast, Int8.self, UInt8.self) { whole(Int64($0), Int64($1)) ? 1 : 0 }
      case .bool, .uint8:
        return pairKernel(broadcast, UInt8.self, UInt8.self) { whole(Int64($0), Int64($1)) ? 1 : 0 }
      default: return pairKernel(broadcast, Float.self, UInt8.self) { real($0, $1) ? 1 : 0 }
      }
    }
  }

  private static func pairKernel<T: BitwiseCopyable & Sendable, U: BitwiseCopyable & Sendable>(
    _ broadcast: Broadcast, _: T.Type, _: U.Type, _ function: @escaping @Sendable (T, T) -> U
  ) -> Kernel {
    Kernel { arguments in
      let (a, b) = (Elements(arguments.input(0), as: T.self), Elements(arguments.input(1), as: T.self))
      let y = Elements(arguments.output, as: U.self)
      let (inner, stepA, stepB) = (broadcast.inner, broadcast.steps[0], broadcast.steps[1])
      for row in broadcast.rows[0].indices {
        let (p, q) = (broadcast.rows[0][row], broadcast.rows[1][row])
        for i in 0..<inner { y[row * inner + i] = function(a[p + i * stepA], b[q + i * stepB]) }
      }
    }
  }
}
