internal import CKernels

/// Functions of one element, as types, so that a loop over elements is compiled for each.
enum Functions {
  struct Magnitude: NumberFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T { T.magnitude(x) }
  }

  struct Negation: NumberFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T { T.negated(x) }
  }

  struct Sign: NumberFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ x: T) -> T { T.sign(x) }
  }

  struct ArcCosine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.arcCosine(x) }
  }

  struct AreaCosine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.areaCosine(x) }
  }

  struct ArcSine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.arcSine(x) }
  }

  struct AreaSine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.areaSine(x) }
  }

  struct ArcTangent: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.arcTangent(x) }
  }

  struct AreaTangent: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.areaTangent(x) }
  }

  struct Cosine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.cosine(x) }
  }

  struct HyperbolicCosine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.hyperbolicCosine(x) }
  }

  struct ErrorFunction: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.errorFunction(x) }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_erf_f32(x, y, count)
      return true
    }
  }

  struct Exponential: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.exponential(x) }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_exponential_f32(x, y, count)
      return true
    }
  }

  struct Logarithm: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.logarithm(x) }

    @unsafe func map(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, count: Int) -> Bool {
      unsafe braid_logarithm_f32(x, y, count)
      return true
    }
  }

  struct Reciprocal: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { 1 / x }
  }

  struct Sine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.sine(x) }
  }

  struct HyperbolicSine: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.hyperbolicSine(x) }
  }

  struct SquareRoot: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x.squareRoot() }
  }

  struct Tangent: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.tangent(x) }
  }

  struct HyperbolicTangent: RealFunction {
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { T.hyperbolicTangent(x) }
  }

  struct Rounding: RealFunction {
    let rule: FloatingPointRoundingRule
    @inline(__always) func callAsFunction<T: RealElement>(_ x: T) -> T { x.rounded(rule) }
  }
}
