/// The codes of a floating-point type of eight or four bits.
struct MiniFloat: Sendable {
  /// What the largest codes stand for.
  enum Specials: Sendable {
    /// The code of all ones is no number; there is no infinity.
    case notANumberAtEnd
    /// The code of minus zero is no number; there is no infinity and no minus zero.
    case notANumberAtMinusZero
    /// Infinity and what is no number, as IEEE 754 has them.
    case infinity
    /// Every code is a number.
    case none
  }

  private let exponentBits: Int
  private let mantissaBits: Int
  private let bias: Int
  private let specials: Specials
  private let largestCode: UInt8
  private let signBit: UInt8
  private let values: [Float]

  static let float8e4m3fn = MiniFloat(4, 3, bias: 7, .notANumberAtEnd)
  static let float8e4m3fnuz = MiniFloat(4, 3, bias: 8, .notANumberAtMinusZero)
  static let float8e5m2 = MiniFloat(5, 2, bias: 15, .infinity)
  static let float8e5m2fnuz = MiniFloat(5, 2, bias: 16, .notANumberAtMinusZero)
  static let float4e2m1 = MiniFloat(2, 1, bias: 1, .none)

  /// The codes of `type`; nil where that is none of these, `float8e8m0` included, which has powers of two only.
  init?(_ type: ElementType) {
    switch type {
    case .float8e4m3fn: self = .float8e4m3fn
    case .float8e4m3fnuz: self = .float8e4m3fnuz
    case .float8e5m2: self = .float8e5m2
    case .float8e5m2fnuz: self = .float8e5m2fnuz
    case .float4e2m1: self = .float4e2m1
    default: return nil
    }
  }

  private init(_ exponentBits: Int, _ mantissaBits: Int, bias: Int, _ specials: Specials) {
    self.exponentBits = exponentBits
    self.mantissaBits = mantissaBits
    self.bias = bias
    self.specials = specials
    let magnitudes = 1 << (exponentBits + mantissaBits)
    signBit = UInt8(magnitudes)
    largestCode =
      switch specials {
      case .notANumberAtEnd: UInt8(magnitudes - 2)
      case .notANumberAtMinusZero, .none: UInt8(magnitudes - 1)
      case .infinity: UInt8(magnitudes - 1 - (1 << mantissaBits))
      }
    var values: [Float] = []
    for code in 0..<magnitudes {
      let (exponent, mantissa) = (code >> mantissaBits, code & ((1 << mantissaBits) - 1))
      let fraction = Float(mantissa + (exponent > 0 ? 1 << mantissaBits : 0))
      var value = Float(sign: .plus, exponent: max(exponent, 1) - bias - mantissaBits, significand: fraction)
      if code > Int(largestCode) {
        value = specials == .infinity && code == Int(largestCode) + 1 ? .infinity : .nan
      }
      values.append(value)
    }
    values += values.map { -$0 }
    if specials == .notANumberAtMinusZero { values[magnitudes] = .nan }
    self.values = values
  }

  func decode(_ code: UInt8) -> Float { values[Int(code) & (values.count - 1)] }

  /// The nearest, of two the even one. What lies beyond the largest number becomes that where `saturate` is set, and
  /// infinity or no number where not.
  func encode(_ value: Float, saturate: Bool) -> UInt8 {
    let sign = value.sign == .minus ? signBit : 0
    if value.isNaN { return notANumber(sign) }
    let magnitude = abs(value)
    guard magnitude > 0 else { return specials == .notANumberAtMinusZero ? 0 : sign }
    guard magnitude.isFinite else { return beyond(sign, saturate) }
    let least = 1 - bias
    let exponent = max(Int(magnitude.exponent), least)
    guard exponent <= 1 << exponentBits else { return beyond(sign, saturate) }
    let steps = Int(
      (Double(magnitude) * Double(sign: .plus, exponent: mantissaBits - exponent, significand: 1))
        .rounded(.toNearestOrEven))
    // A carry out of the mantissa counts the exponent up by itself.
    let code = (exponent - least) << mantissaBits + steps
    guard code <= Int(largestCode) else { return beyond(sign, saturate) }
    if code == 0, specials == .notANumberAtMinusZero { return 0 }
    return UInt8(code) | sign
  }

  private func beyond(_ sign: UInt8, _ saturate: Bool) -> UInt8 {
    if saturate || specials == .none { return largestCode | sign }
    return specials == .infinity ? (largestCode + 1) | sign : notANumber(sign)
  }

  private func notANumber(_ sign: UInt8) -> UInt8 {
    switch specials {
    case .notANumberAtEnd: (largestCode + 1) | sign
    case .notANumberAtMinusZero: signBit
    case .infinity: (largestCode + 2) | sign
    case .none: signBit
    }
  }
}

/// The codes of `float8e8m0`: powers of two from 2^-127 to 2^127; 255 is no number.
enum PowerFloat {
  enum Rounding: Sendable { case up, down, nearest }

  static func decode(_ code: UInt8) -> Float {
    code == 255 ? .nan : Float(sign: .plus, exponent: Int(code) - 127, significand: 1)
  }

  /// The power of two that `rounding` chooses; what has none is no number, or with `saturate` the nearest end.
  static func encode(_ value: Float, saturate: Bool, _ rounding: Rounding) -> UInt8 {
    guard !value.isNaN, value.sign == .plus || value == 0 else { return 255 }
    guard value.isFinite else { return saturate ? 254 : 255 }
    guard value > 0 else { return 0 }
    var exponent = Int(value.exponent)
    let fraction = value.significand
    switch rounding {
    case .up: if fraction > 1 { exponent += 1 }
    case .down: break
    case .nearest: if fraction >= 1.5 { exponent += 1 }
    }
    guard exponent <= 127 else { return saturate ? 254 : 255 }
    return UInt8(max(exponent, -127) + 127)
  }
}
