/// Relations, logic and choice, on operands repeated to a common shape.
extension OperatorRegistry {
  static let comparison: [OperatorDefinition] = [
    relation("Equal", Relations.Equal(), ElementType.numbers.union([.bool])),
    relation("Less", Relations.Less()),
    relation("LessOrEqual", Relations.LessOrEqual()),
    relation("Greater", Relations.Greater()),
    relation("GreaterOrEqual", Relations.GreaterOrEqual()),
    relation("And", Relations.And(), [.bool]),
    relation("Or", Relations.Or(), [.bool]),
    relation("Xor", Relations.Xor(), [.bool]),
    bitwise("BitwiseAnd", BitwiseFunctions.And()),
    bitwise("BitwiseOr", BitwiseFunctions.Or()),
    bitwise("BitwiseXor", BitwiseFunctions.Xor()),
    OperatorDefinition(
      "BitShift",
      infer: { call throws(InferenceError) in try pairType(call, oneOf: ElementType.wholes) }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      switch try call.attributes.string("direction", default: "") {
      case "LEFT":
        return try Kernel(
          WholePairMap(function: BitwiseFunctions.ShiftLeft(), broadcast: broadcast), of: outputs[0].elementType)
      case "RIGHT":
        return try Kernel(
          WholePairMap(function: BitwiseFunctions.ShiftRight(), broadcast: broadcast), of: outputs[0].elementType)
      case let other: throw .invalid("direction \"\(other)\" is neither LEFT nor RIGHT")
      }
    },
    OperatorDefinition(
      "Where",
      infer: { call throws(InferenceError) in
        _ = try call.elementType(0, oneOf: [.bool])
        let type = try call.input(1).elementType
        guard try call.input(2).elementType == type else { throw .invalid("its branches have different types") }
        return [try call.type(type, Broadcast.shape(call.shapes()))]
      }
    ) { call, outputs throws(InferenceError) in
      ByteSize(of: outputs[0].elementType).kernel(
        WhereKernel(broadcast: Broadcast(try call.shapes(), to: outputs[0].shape)))
    },
  ]

  private static func relation(
    _ kind: OperatorKind, _ relation: some Relation, _ types: Set<ElementType> = ElementType.numbers
  ) -> OperatorDefinition {
    OperatorDefinition(
      kind, infer: { call throws(InferenceError) in try pairType(call, oneOf: types, result: .bool) }
    ) { call, outputs throws(InferenceError) in
      try Kernel(
        RelationMap(relation: relation, broadcast: Broadcast(call.shapes(), to: outputs[0].shape)),
        of: call.input(0).elementType)
    }
  }

  private static func bitwise(_ kind: OperatorKind, _ function: some WholePairFunction) -> OperatorDefinition {
    OperatorDefinition(
      kind, infer: { call throws(InferenceError) in try pairType(call, oneOf: ElementType.wholes) }
    ) { call, outputs throws(InferenceError) in
      let broadcast = Broadcast(try call.shapes(), to: outputs[0].shape)
      return try Kernel(WholePairMap(function: function, broadcast: broadcast), of: outputs[0].elementType)
    }
  }
}

private struct WhereKernel: SizedKernel {
  let broadcast: Broadcast

  func run<T: BitwiseCopyable>(_ arguments: KernelArguments, _: T.Type) {
    let condition = Elements(arguments.input(0), as: UInt8.self)
    let (a, b) = (Elements(arguments.input(1), as: T.self), Elements(arguments.input(2), as: T.self))
    let y = Elements(arguments.output, as: T.self)
    let (inner, steps) = (broadcast.inner, broadcast.steps)
    guard inner > 0 else { return }
    for row in broadcast.rows[0].indices {
      let c = unsafe condition.run(broadcast.rows[0][row], steps[0] == 0 ? 1 : inner)
      let p = unsafe a.run(broadcast.rows[1][row], steps[1] == 0 ? 1 : inner)
      let q = unsafe b.run(broadcast.rows[2][row], steps[2] == 0 ? 1 : inner)
      let target = unsafe y.run(row * inner, inner)
      for i in 0..<inner { unsafe target[i] = c[i * steps[0]] != 0 ? p[i * steps[1]] : q[i * steps[2]] }
    }
  }
}

/// Relations as types, so that a loop over elements is compiled for each.
private enum Relations {
  struct Equal: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a == b }
  }

  struct Less: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a < b }
  }

  struct LessOrEqual: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a <= b }
  }

  struct Greater: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a > b }
  }

  struct GreaterOrEqual: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a >= b }
  }

  struct And: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a != .zero && b != .zero }
  }

  struct Or: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { a != .zero || b != .zero }
  }

  struct Xor: Relation {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> Bool { (a != .zero) != (b != .zero) }
  }
}

/// Functions of the bits of two elements.
private enum BitwiseFunctions {
  struct And: WholePairFunction {
    @inline(__always) func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T { a & b }
  }

  struct Or: WholePairFunction {
    @inline(__always) func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T { a | b }
  }

  struct Xor: WholePairFunction {
    @inline(__always) func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T { a ^ b }
  }

  struct ShiftLeft: WholePairFunction {
    @inline(__always) func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T {
      b < 0 || b >= T.bitWidth ? 0 : a &<< b
    }
  }

  struct ShiftRight: WholePairFunction {
    @inline(__always) func callAsFunction<T: WholeElement>(_ a: T, _ b: T) -> T {
      b < 0 || b >= T.bitWidth ? (a < 0 ? ~0 : 0) : a &>> b
    }
  }
}
