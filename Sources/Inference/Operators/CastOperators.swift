/// Operators that give elements another type.
extension OperatorRegistry {
  static let cast: [OperatorDefinition] = [
    OperatorDefinition(
      "Cast", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let number = try call.attributes.int("to", default: 0)
        return [TensorType(elementType: try Cast.type(number), shape: try call.input(0).shape)]
      }
    ) { call, outputs throws(InferenceError) in
      try rounding(call).kernel(from: call.input(0).elementType, to: outputs[0].elementType)
    },
    OperatorDefinition(
      "CastLike", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        [TensorType(elementType: try call.input(1).elementType, shape: try call.input(0).shape)]
      }
    ) { call, outputs throws(InferenceError) in
      try rounding(call).kernel(from: call.input(0).elementType, to: outputs[0].elementType)
    },
    OperatorDefinition(
      "BitCast", acceptsHalf: true,
      infer: { call throws(InferenceError) in
        let type = try Cast.type(call.attributes.int("to", default: 0))
        let source = try call.input(0)
        guard source.elementType.bitCount == type.bitCount, type != .string, source.elementType != .string else {
          throw .invalid("\(source.elementType) and \(type) do not have the same number of bits")
        }
        return [TensorType(elementType: type, shape: source.shape)]
      }
    ) { call, outputs throws(InferenceError) in
      let (source, target) = (try call.input(0).elementType, outputs[0].elementType)
      // Fewer bits than a byte are kept as a number of eight, which differs with the sign.
      let (from, to) = (source.smallIntegerSign, target.smallIntegerSign)
      guard let from, let to, from != to else { return Kernel { $0.output.copy(from: $0.input(0)) } }
      return try Cast().kernel(from: to ? .uint8 : .int8, to: target == .float4e2m1 ? .uint4 : target)
    },
  ]

  private static func rounding(_ call: OperatorCall) throws(InferenceError) -> Cast {
    var cast = Cast()
    cast.saturate = try call.attributes.int("saturate", default: 1) != 0
    switch try call.attributes.string("round_mode", default: "up") {
    case "up": cast.rounding = .up
    case "down": cast.rounding = .down
    case "nearest": cast.rounding = .nearest
    default: throw .invalid("its rounding is none of up, down and nearest")
    }
    return cast
  }
}

extension ElementType {
  /// Bits that one element has, which may be fewer than it takes in memory.
  var bitCount: Int {
    switch self {
    case .int4, .uint4, .float4e2m1: 4
    case .int2, .uint2: 2
    default: byteCount * 8
    }
  }

  /// For whole numbers of fewer than eight bits: whether they are signed.
  fileprivate var smallIntegerSign: Bool? {
    switch self {
    case .int4, .int2: true
    case .uint4, .uint2, .float4e2m1: false
    default: nil
    }
  }
}
