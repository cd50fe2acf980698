/// Places of an axis as a tensor of `int32` or `int64` gives them, those below zero counted from the end.
@safe struct IndexElements {
  private let wide: Elements<Int64>?
  private let narrow: Elements<Int32>?
  let count: Int

  init(_ tensor: HostTensor) {
    count = tensor.count
    let isWide = tensor.elementType == .int64
    wide = isWide ? Elements(tensor) : nil
    narrow = isWide ? nil : Elements(tensor)
  }

  /// The place at `index` on an axis of `size`.
  ///
  /// - Throws: `shape-mismatch` where it lies outside.
  @inline(__always)
  func place(_ index: Int, of size: Int) throws(InferenceError) -> Int {
    let raw: Int = if let wide { Int(wide[index]) } else if let narrow { Int(narrow[index]) } else { 0 }
    let place = raw < 0 ? raw &+ size : raw
    guard place >= 0, place < size else { throw .shape("index \(raw) is outside an axis of size \(size)") }
    return place
  }
}

/// The elements of a tensor of numbers of any type, read and written as `Double`. For operators that are not in a hurry.
@safe struct NumberElements {
  private let tensor: HostTensor
  private let small: MiniFloat?

  init(_ tensor: HostTensor) {
    self.tensor = tensor
    small = MiniFloat(tensor.elementType)
  }

  var count: Int { tensor.count }

  subscript(index: Int) -> Double {
    get {
      switch tensor.elementType {
      case .float32: Double(Elements<Float>(tensor)[index])
      case .float64: Elements<Double>(tensor)[index]
      case .float16: Double(HalfFloat.decode(Elements<UInt16>(tensor)[index]))
      case .bfloat16: Double(BFloat.decode(Elements<UInt16>(tensor)[index]))
      case .int8, .int4, .int2: Double(Elements<Int8>(tensor)[index])
      case .uint8, .bool, .uint4, .uint2: Double(Elements<UInt8>(tensor)[index])
      case .int16: Double(Elements<Int16>(tensor)[index])
      case .uint16: Double(Elements<UInt16>(tensor)[index])
      case .int32: Double(Elements<Int32>(tensor)[index])
      case .uint32: Double(Elements<UInt32>(tensor)[index])
      case .int64, .string: Double(Elements<Int64>(tensor)[index])
      case .uint64: Double(Elements<UInt64>(tensor)[index])
      case .float8e8m0: Double(PowerFloat.decode(Elements<UInt8>(tensor)[index]))
      case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1:
        Double(small?.decode(Elements<UInt8>(tensor)[index]) ?? 0)
      }
    }
    nonmutating set {
      switch tensor.elementType {
      case .float32: Elements<Float>(tensor)[index] = Float(newValue)
      case .float64: Elements<Double>(tensor)[index] = newValue
      case .float16: Elements<UInt16>(tensor)[index] = HalfFloat.encode(Float(roundingToOdd: newValue))
      case .bfloat16: Elements<UInt16>(tensor)[index] = BFloat.encode(Float(roundingToOdd: newValue))
      case .int8: Elements<Int8>(tensor)[index] = Cast.whole(newValue)
      case .uint8: Elements<UInt8>(tensor)[index] = Cast.whole(newValue)
      case .int4: Elements<Int8>(tensor)[index] = max(-8, min(7, Cast.whole(newValue)))
      case .uint4: Elements<UInt8>(tensor)[index] = min(15, Cast.whole(newValue))
      case .int2: Elements<Int8>(tensor)[index] = max(-2, min(1, Cast.whole(newValue)))
      case .uint2: Elements<UInt8>(tensor)[index] = min(3, Cast.whole(newValue))
      case .bool: Elements<UInt8>(tensor)[index] = newValue != 0 ? 1 : 0
      case .int16: Elements<Int16>(tensor)[index] = Cast.whole(newValue)
      case .uint16: Elements<UInt16>(tensor)[index] = Cast.whole(newValue)
      case .int32: Elements<Int32>(tensor)[index] = Cast.whole(newValue)
      case .uint32: Elements<UInt32>(tensor)[index] = Cast.whole(newValue)
      case .int64, .string: Elements<Int64>(tensor)[index] = Cast.whole(newValue)
      case .uint64: Elements<UInt64>(tensor)[index] = Cast.whole(newValue)
      case .float8e8m0: Elements<UInt8>(tensor)[index] = PowerFloat.encode(Float(newValue), saturate: true, .nearest)
      case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float4e2m1:
        Elements<UInt8>(tensor)[index] = small?.encode(Float(newValue), saturate: true) ?? 0
      }
    }
  }
}
