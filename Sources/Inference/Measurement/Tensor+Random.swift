extension Tensor {
  /// Random values: real numbers from 0 to 1, whole numbers and booleans 0 or 1, and where it is given `rate` everywhere;
  /// zeros of floating-point types of fewer bits, and empty texts.
  static func random(
    _ type: TensorType, rate: Int?, _ random: inout SplitMix
  ) throws(InferenceError) -> Tensor {
    let tensor = try Tensor(zeros: type)
    switch type.elementType {
    case .float32: tensor.fill(Float.self) { rate.map { Float($0) } ?? random.unit }
    case .float64: tensor.fill(Double.self) { rate.map { Double($0) } ?? Double(random.unit) }
    case .float16: tensor.fill(UInt16.self) { HalfFloat.encode(rate.map { Float($0) } ?? random.unit) }
    case .bfloat16: tensor.fill(UInt16.self) { BFloat.encode(rate.map { Float($0) } ?? random.unit) }
    case .int8: tensor.fill(Int8.self) { rate.map { Int8(clamping: $0) } ?? Int8(random.bit) }
    case .int16: tensor.fill(Int16.self) { rate.map { Int16(clamping: $0) } ?? Int16(random.bit) }
    case .int32: tensor.fill(Int32.self) { rate.map { Int32(clamping: $0) } ?? Int32(random.bit) }
    case .int64: tensor.fill(Int64.self) { rate.map { Int64($0) } ?? Int64(random.bit) }
    case .uint8: tensor.fill(UInt8.self) { rate.map { UInt8(clamping: $0) } ?? random.bit }
    case .bool, .int4, .uint4, .int2, .uint2: tensor.fill(UInt8.self) { random.bit }
    case .uint16: tensor.fill(UInt16.self) { rate.map { UInt16(clamping: $0) } ?? UInt16(random.bit) }
    case .uint32: tensor.fill(UInt32.self) { rate.map { UInt32(clamping: $0) } ?? UInt32(random.bit) }
    case .uint64: tensor.fill(UInt64.self) { rate.map { UInt64(clamping: $0) } ?? UInt64(random.bit) }
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .string: break
    }
    return tensor
  }

  private func fill<T: BitwiseCopyable>(_: T.Type, _ value: () -> T) {
    let elements = unsafe host.elements(T.self)
    for index in elements.indices { unsafe elements[index] = value() }
  }
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, the same everywhere.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// From 0 to below 1.
  var unit: Float {
    mutating get { Float(next() >> 40) / Float(1 << 24) }
  }

  /// 0 or 1.
  var bit: UInt8 {
    mutating get { UInt8(next() >> 63) }
  }

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
