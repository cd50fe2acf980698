extension InferenceSession {
  /// Writes random values to every input: real numbers from 0 to 1, whole numbers and booleans 0 or 1, and 16000 to an
  /// input called `sr`. The same seed gives the same values.
  func fillInputs(seed: UInt64) throws(InferenceError) {
    var random = SplitMix(state: seed)
    for (index, info) in inputs.enumerated() {
      let rate: Int? = info.name == "sr" ? 16_000 : nil
      switch info.elementType {
      case .float32: try fill(index, Float.self, rate, &random)
      case .float64: try fill(index, Double.self, rate, &random)
      case .float16, .bfloat16:
        // Seven bits below the exponent of 1 are a number from 0.5 to 1 in either type.
        let (base, mask): (UInt16, UInt64) = info.elementType == .float16 ? (0x3800, 0x3ff) : (0x3f00, 0x7f)
        try withInput(index, as: UInt16.self) { values in
          for i in values.indices { values[i] = base | UInt16(random.next() & mask) }
        }
      case .int8, .int4, .int2: try fill(index, Int8.self, rate, &random)
      case .int16: try fill(index, Int16.self, rate, &random)
      case .int32: try fill(index, Int32.self, rate, &random)
      case .int64: try fill(index, Int64.self, rate, &random)
      case .uint8, .bool, .uint4, .uint2, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
        .float4e2m1:
        try fill(index, UInt8.self, rate, &random)
      case .uint16: try fill(index, UInt16.self, rate, &random)
      case .uint32: try fill(index, UInt32.self, rate, &random)
      case .uint64: try fill(index, UInt64.self, rate, &random)
      case .string: throw .dependsOnData("input \(info.name) is of texts")
      }
    }
  }

  private func fill<T: TensorElement & BinaryFloatingPoint>(
    _ index: Int, _: T.Type, _ rate: Int?, _ random: inout SplitMix
  ) throws(InferenceError) {
    try withInput(index, as: T.self) { values in
      for i in values.indices { values[i] = rate.map { T($0) } ?? T(random.next() >> 40) / T(1 << 24) }
    }
  }

  private func fill<T: TensorElement & FixedWidthInteger>(
    _ index: Int, _: T.Type, _ rate: Int?, _ random: inout SplitMix
  ) throws(InferenceError) {
    try withInput(index, as: T.self) { values in
      for i in values.indices { values[i] = rate.map { T(clamping: $0) } ?? T(random.next() >> 63) }
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: small, seeded, the same everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
