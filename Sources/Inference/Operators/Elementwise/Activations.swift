internal import CKernels

/// Activations as types, so that a loop over elements is compiled for each.
enum Activations {
  /// `max(0, x)`.
  struct Rectifier: NumberFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T { x < .zero ? .zero : x }
  }

  /// `x`, or `alpha x` below zero.
  struct LeakyRectifier: RealFunction {
    let alpha: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x < 0 ? x * T(alpha) : x }
  }

  /// `x` above `alpha`, else 0.
  struct ThresholdedRectifier: RealFunction {
    let alpha: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x > T(alpha) ? x : 0 }
  }

  /// `x`, or `alpha (exp(x) - 1)` below zero.
  struct ExponentialUnit: RealFunction {
    let alpha: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      x < 0 ? T(alpha) * T.exponentialMinusOne(x) : x
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_exponential_unit_f32(x, y, count, 1, alpha, 1)
      return true
    }
  }

  /// `max(0, x) + min(0, alpha (exp(x / alpha) - 1))`.
  struct ContinuousExponentialUnit: RealFunction {
    let alpha: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      max(0, x) + min(0, T(alpha) * T.exponentialMinusOne(x / T(alpha)))
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_exponential_unit_f32(x, y, count, 1, alpha, 1 / alpha)
      return true
    }
  }

  /// `gamma x`, or `gamma alpha (exp(x) - 1)` below zero.
  struct ScaledExponentialUnit: RealFunction {
    let alpha: Float
    let gamma: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      T(gamma) * (x > 0 ? x : T(alpha) * T.exponentialMinusOne(x))
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_exponential_unit_f32(x, y, count, gamma, gamma * alpha, 1)
      return true
    }
  }

  /// `1 / (1 + exp(-x))`.
  struct Logistic: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { 1 / (1 + T.exponential(-x)) }
  }

  /// `alpha x + beta`, kept between 0 and 1.
  struct HardLogistic: RealFunction {
    let alpha: Float
    let beta: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { max(0, min(1, T(alpha) * x + T(beta))) }
  }

  /// `x` times `x / 6 + 1 / 2` kept between 0 and 1.
  struct HardSwish: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x * max(0, min(1, x / 6 + 0.5)) }
  }

  /// `x / (1 + exp(-alpha x))`.
  struct Swish: RealFunction {
    let alpha: Float
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x / (1 + T.exponential(-T(alpha) * x)) }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_swish_f32(x, y, count, alpha)
      return true
    }
  }

  /// `x tanh(ln(1 + exp(x)))`.
  struct Mish: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x * T.hyperbolicTangent(Softplus()(x)) }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_mish_f32(x, y, count)
      return true
    }
  }

  /// `ln(1 + exp(x))`.
  struct Softplus: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      max(x, 0) + T.logarithmPlusOne(T.exponential(-x.magnitude))
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_softplus_f32(x, y, count)
      return true
    }
  }

  /// `x / (1 + |x|)`.
  struct Softsign: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x / (1 + x.magnitude) }
  }

  /// `x / 2 (1 + erf(x / sqrt(2)))`.
  struct GaussianUnit: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      x / 2 * (1 + T.errorFunction(x * T(0.5.squareRoot())))
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_gelu_f32(x, y, count)
      return true
    }
  }

  /// `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`.
  struct GaussianUnitByTanh: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T {
      x / 2 * (1 + T.hyperbolicTangent(T((2 / Double.pi).squareRoot()) * (x + T(0.044715) * x * x * x)))
    }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_gelu_tanh_f32(x, y, count)
      return true
    }
  }

  /// `x` beyond `lambda` on either side, moved towards zero by `bias`; 0 between.
  struct Shrink: NumberFunction {
    let lambda: Float
    let bias: Float
    @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T {
      let (value, lambda, bias) = (x.real, Double(lambda), Double(bias))
      return value > lambda ? T(real: value - bias) : value < -lambda ? T(real: value + bias) : .zero
    }
  }
}
