/// An element type with an order and arithmetic.
///
/// Nothing traps: whole numbers wrap around, and a whole number divided by zero gives 0.
protocol ArithmeticElement: TensorElement, Comparable {
  /// The additive identity.
  static var zero: Self { get }
  /// The multiplicative identity.
  static var one: Self { get }
  /// The value below all others: minus infinity, or the smallest whole number.
  static var least: Self { get }
  /// The value above all others: infinity, or the largest whole number.
  static var greatest: Self { get }

  static func sum(_ a: Self, _ b: Self) -> Self
  static func difference(_ a: Self, _ b: Self) -> Self
  static func product(_ a: Self, _ b: Self) -> Self
  /// `a / b`, towards zero for whole numbers.
  static func quotient(_ a: Self, _ b: Self) -> Self
  /// What is left of `a` after division towards zero: it has the sign of `a`.
  static func remainder(_ a: Self, _ b: Self) -> Self
  /// What is left of `a` after division downwards: it has the sign of `b`.
  static func modulus(_ a: Self, _ b: Self) -> Self
  static func power(_ base: Self, _ exponent: Self) -> Self
  /// The larger, or what is not a number where one of them is not.
  static func larger(_ a: Self, _ b: Self) -> Self
  /// The smaller, or what is not a number where one of them is not.
  static func smaller(_ a: Self, _ b: Self) -> Self
  static func negated(_ a: Self) -> Self
  static func magnitude(_ a: Self) -> Self
  /// -1, 0 or 1.
  static func sign(_ a: Self) -> Self

  /// The nearest double-precision number.
  var real: Double { get }
  /// `real` in this type: whole numbers towards zero and kept within their range, 0 for what is not a number.
  init(real: Double)
}

/// An element type with arithmetic, and the type that its sums are gathered in.
protocol NumberElement: ArithmeticElement {
  /// What sums and products are gathered in: double precision for real numbers, the type itself for whole ones.
  associatedtype Accumulator: ArithmeticElement

  /// This element as an accumulator holds it.
  var accumulator: Accumulator { get }
  /// An accumulator's value as an element.
  init(accumulator: Accumulator)
}

/// A real element type. The functions are those of the C library in its precision.
protocol RealElement: NumberElement, BinaryFloatingPoint where Accumulator == Double {
  static func exponential(_ x: Self) -> Self
  static func exponentialMinusOne(_ x: Self) -> Self
  static func logarithm(_ x: Self) -> Self
  static func logarithmPlusOne(_ x: Self) -> Self
  static func raise(_ x: Self, _ y: Self) -> Self
  static func errorFunction(_ x: Self) -> Self
  static func sine(_ x: Self) -> Self
  static func cosine(_ x: Self) -> Self
  static func tangent(_ x: Self) -> Self
  static func arcSine(_ x: Self) -> Self
  static func arcCosine(_ x: Self) -> Self
  static func arcTangent(_ x: Self) -> Self
  static func hyperbolicSine(_ x: Self) -> Self
  static func hyperbolicCosine(_ x: Self) -> Self
  static func hyperbolicTangent(_ x: Self) -> Self
  static func areaSine(_ x: Self) -> Self
  static func areaCosine(_ x: Self) -> Self
  static func areaTangent(_ x: Self) -> Self
  /// y = alpha a b + beta y by the library of matrix products; sizes and places have been checked.
  static func multiply(_ product: MatrixProduct<Self>)
}

/// A whole-number element type.
protocol WholeElement: NumberElement, FixedWidthInteger where Accumulator == Self {}

extension RealElement {
  static var one: Self { 1 }
  static var least: Self { -.infinity }
  static var greatest: Self { .infinity }

  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a + b }
  @inline(__always) static func difference(_ a: Self, _ b: Self) -> Self { a - b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a * b }
  @inline(__always) static func quotient(_ a: Self, _ b: Self) -> Self { a / b }

  @inline(__always) static func remainder(_ a: Self, _ b: Self) -> Self { a.truncatingRemainder(dividingBy: b) }

  @inline(__always) static func modulus(_ a: Self, _ b: Self) -> Self {
    let rest = a.truncatingRemainder(dividingBy: b)
    if rest == 0 { return Self(signOf: b, magnitudeOf: 0) }
    return (rest < 0) == (b < 0) ? rest : rest + b
  }

  @inline(__always) static func power(_ base: Self, _ exponent: Self) -> Self {
    exponent == 2 ? base * base : raise(base, exponent)
  }

  @inline(__always) static func larger(_ a: Self, _ b: Self) -> Self { a > b || a.isNaN ? a : b }
  @inline(__always) static func smaller(_ a: Self, _ b: Self) -> Self { a < b || a.isNaN ? a : b }
  @inline(__always) static func negated(_ a: Self) -> Self { -a }
  @inline(__always) static func magnitude(_ a: Self) -> Self { a.magnitude }
  @inline(__always) static func sign(_ a: Self) -> Self { a > 0 ? 1 : a < 0 ? -1 : a }

  @inline(__always) var real: Double { Double(self) }
  @inline(__always) init(real: Double) { self.init(real) }
  @inline(__always) var accumulator: Double { Double(self) }
  @inline(__always) init(accumulator: Double) { self.init(accumulator) }
}

extension WholeElement {
  static var one: Self { 1 }
  static var least: Self { min }
  static var greatest: Self { max }

  @inline(__always) static func sum(_ a: Self, _ b: Self) -> Self { a &+ b }
  @inline(__always) static func difference(_ a: Self, _ b: Self) -> Self { a &- b }
  @inline(__always) static func product(_ a: Self, _ b: Self) -> Self { a &* b }

  /// Whether division by `b` has no result in this type, or none that is sure to fit.
  @inline(__always) private static func isMinusOne(_ b: Self) -> Bool { isSigned && b == ~0 }

  @inline(__always) static func quotient(_ a: Self, _ b: Self) -> Self {
    b == 0 ? 0 : isMinusOne(b) ? 0 &- a : a / b
  }

  @inline(__always) static func remainder(_ a: Self, _ b: Self) -> Self { b == 0 || isMinusOne(b) ? 0 : a % b }

  @inline(__always) static func modulus(_ a: Self, _ b: Self) -> Self {
    let rest = remainder(a, b)
    return rest != 0 && (rest < 0) != (b < 0) ? rest &+ b : rest
  }

  static func power(_ base: Self, _ exponent: Self) -> Self {
    guard exponent >= 0 else { return base == 1 ? 1 : isMinusOne(base) ? (exponent & 1 == 0 ? 1 : base) : 0 }
    var (result, factor, rest): (Self, Self, Self) = (1, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* factor }
      factor = factor &* factor
      rest >>= 1
    }
    return result
  }

  @inline(__always) static func larger(_ a: Self, _ b: Self) -> Self { a > b ? a : b }
  @inline(__always) static func smaller(_ a: Self, _ b: Self) -> Self { a < b ? a : b }
  @inline(__always) static func negated(_ a: Self) -> Self { 0 &- a }
  @inline(__always) static func magnitude(_ a: Self) -> Self { a < 0 ? 0 &- a : a }
  @inline(__always) static func sign(_ a: Self) -> Self { a > 0 ? 1 : a == 0 ? 0 : ~0 }

  @inline(__always) var real: Double { Double(self) }
  @inline(__always) init(real: Double) { self = Cast.whole(real) }
  @inline(__always) var accumulator: Self { self }
  @inline(__always) init(accumulator: Self) { self = accumulator }
}

extension Int8: WholeElement {}
extension Int16: WholeElement {}
extension Int32: WholeElement {}
extension Int64: WholeElement {}
extension UInt8: WholeElement {}
extension UInt16: WholeElement {}
extension UInt32: WholeElement {}
extension UInt64: WholeElement {}
