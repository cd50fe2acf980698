import Glibc

extension Float: RealElement {
  static func exponential(_ x: Float) -> Float { expf(x) }
  static func exponentialMinusOne(_ x: Float) -> Float { expm1f(x) }
  static func logarithm(_ x: Float) -> Float { logf(x) }
  static func logarithmPlusOne(_ x: Float) -> Float { log1pf(x) }
  static func raise(_ x: Float, _ y: Float) -> Float { powf(x, y) }
  static func errorFunction(_ x: Float) -> Float { erff(x) }
  static func sine(_ x: Float) -> Float { sinf(x) }
  static func cosine(_ x: Float) -> Float { cosf(x) }
  static func tangent(_ x: Float) -> Float { tanf(x) }
  static func arcSine(_ x: Float) -> Float { asinf(x) }
  static func arcCosine(_ x: Float) -> Float { acosf(x) }
  static func arcTangent(_ x: Float) -> Float { atanf(x) }
  static func hyperbolicSine(_ x: Float) -> Float { sinhf(x) }
  static func hyperbolicCosine(_ x: Float) -> Float { coshf(x) }
  static func hyperbolicTangent(_ x: Float) -> Float { tanhf(x) }
  static func areaSine(_ x: Float) -> Float { asinhf(x) }
  static func areaCosine(_ x: Float) -> Float { acoshf(x) }
  static func areaTangent(_ x: Float) -> Float { atanhf(x) }
}

extension Double: RealElement {
  static func exponential(_ x: Double) -> Double { exp(x) }
  static func exponentialMinusOne(_ x: Double) -> Double { expm1(x) }
  static func logarithm(_ x: Double) -> Double { log(x) }
  static func logarithmPlusOne(_ x: Double) -> Double { log1p(x) }
  static func raise(_ x: Double, _ y: Double) -> Double { pow(x, y) }
  static func errorFunction(_ x: Double) -> Double { erf(x) }
  static func sine(_ x: Double) -> Double { sin(x) }
  static func cosine(_ x: Double) -> Double { cos(x) }
  static func tangent(_ x: Double) -> Double { tan(x) }
  static func arcSine(_ x: Double) -> Double { asin(x) }
  static func arcCosine(_ x: Double) -> Double { acos(x) }
  static func arcTangent(_ x: Double) -> Double { atan(x) }
  static func hyperbolicSine(_ x: Double) -> Double { sinh(x) }
  static func hyperbolicCosine(_ x: Double) -> Double { cosh(x) }
  static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
  static func areaSine(_ x: Double) -> Double { asinh(x) }
  static func areaCosine(_ x: Double) -> Double { acosh(x) }
  static func areaTangent(_ x: Double) -> Double { atanh(x) }
}
