/// Stamps written as decimal numbers, in integer nanoseconds without a way through floating point: Unix times in nanoseconds
/// have more digits than a `Double` holds.
enum DecimalTime {
  /// Digits beyond this many no longer fit, and are too small to matter.
  private static let mostDigits = 30

  /// The number in `bytes[range]`, times ten to the power of `exponent`, rounded to the nearest, halves away from zero.
  ///
  /// Reads `[+-]digits[.digits][e[+-]digits]`, with digits on one side of the point at least.
  ///
  /// - Returns: nil for anything else, and for what does not fit into 64 bits.
  static func nanoseconds(_ bytes: [UInt8], _ range: Range<Int>, exponent: Int) -> Int64? {
    guard let number = Parts(bytes, range) else { return nil }
    if number.mantissa == 0 { return 0 }
    let scale = number.exponent + exponent
    var value = number.mantissa
    if scale >= 0 {
      guard scale <= 38 else { return nil }
      for _ in 0..<scale {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        value = product
      }
    } else {
      guard scale >= -38 else { return 0 }
      var divisor: Int128 = 1
      for _ in 0..<(-scale) { divisor *= 10 }
      let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
      value = quotient + (remainder >= divisor - remainder ? 1 : 0)
    }
    return Int64(exactly: number.isNegative ? -value : value)
  }

  /// Whether `bytes[range]` is a decimal number, of the form that ``nanoseconds(_:_:exponent:)`` reads.
  static func isNumber(_ bytes: [UInt8], _ range: Range<Int>) -> Bool { Parts(bytes, range) != nil }

  /// `mantissa · 10^exponent`
  private struct Parts {
    var isNegative = false
    var mantissa: Int128 = 0
    var exponent = 0

    init?(_ bytes: [UInt8], _ range: Range<Int>) {
      var position = range.lowerBound
      func peek() -> UInt8? { position < range.upperBound ? bytes[position] : nil }
      if let sign = peek(), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        isNegative = sign == UInt8(ascii: "-")
        position += 1
      }
      var (count, significant, hasPoint) = (0, 0, false)
      while let byte = peek() {
        if byte == UInt8(ascii: "."), !hasPoint {
          hasPoint = true
        } else if let digit = Self.digit(byte) {
          count += 1
          if significant < DecimalTime.mostDigits {
            mantissa = mantissa * 10 + Int128(digit)
            if mantissa != 0 { significant += 1 }
            if hasPoint { exponent -= 1 }
          } else if !hasPoint {
            exponent += 1
          }
        } else {
          break
        }
        position += 1
      }
      guard count > 0 else { return nil }
      if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        position += 1
        var (power, digits, isBelow) = (0, 0, false)
        if let sign = peek(), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
          isBelow = sign == UInt8(ascii: "-")
          position += 1
        }
        while let byte = peek(), let digit = Self.digit(byte) {
          power = min(100_000, power * 10 + digit)
          digits += 1
          position += 1
        }
        guard digits > 0 else { return nil }
        exponent += isBelow ? -power : power
      }
      guard position == range.upperBound else { return nil }
    }

    private static func digit(_ byte: UInt8) -> Int? {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int(byte - UInt8(ascii: "0")) : nil
    }
  }
}
