/// The codes of `float16`: IEEE 754 binary16.
enum HalfFloat {
  static func decode(_ code: UInt16) -> Float {
    let sign = UInt32(code & 0x8000) << 16
    let rest = UInt32(code & 0x7fff)
    if rest >= 0x7c00 { return Float(bitPattern: sign | 0x7f80_0000 | (rest & 0x3ff) << 13) }
    if rest < 0x400 { return Float(bitPattern: sign | (Float(rest) * 0x1p-24).bitPattern) }
    return Float(bitPattern: sign | ((rest << 13) &+ 0x3800_0000))
  }

  /// The nearest, of two the even one; infinity from 65520 on.
  static func encode(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let rest = value.bitPattern & 0x7fff_ffff
    if rest > 0x7f80_0000 { return sign | 0x7e00 }
    if rest >= 0x477f_f000 { return sign | 0x7c00 }
    if rest < 0x3880_0000 {
      return sign | UInt16((Float(bitPattern: rest) * 0x1p24).rounded(.toNearestOrEven))
    }
    let rounded = rest &+ 0xfff &+ ((rest >> 13) & 1)
    return sign | UInt16(truncatingIfNeeded: (rounded &- 0x3800_0000) >> 13)
  }
}

/// The codes of `bfloat16`: the upper half of a `float32`.
enum BFloat {
  static func decode(_ code: UInt16) -> Float { Float(bitPattern: UInt32(code) << 16) }

  /// The nearest, of two the even one.
  static func encode(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
  }
}

extension Float {
  /// The number next to `value` towards zero with its last bit set where `value` is no `float32`: rounded once more,
  /// to fewer bits, it gives what rounding `value` at once gives.
  init(roundingToOdd value: Double) {
    let nearest = Float(value)
    guard Double(nearest) != value, nearest.isFinite else {
      self = nearest
      return
    }
    let lower = abs(Double(nearest)) > abs(value) ? Float(bitPattern: nearest.bitPattern &- 1) : nearest
    self = Float(bitPattern: lower.bitPattern | 1)
  }
}
