/// Functions of two elements, as types, so that a loop over elements is compiled for each.
enum Arithmetic {
  struct Sum: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .sum(a, b) }
  }

  struct Difference: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .difference(a, b) }
  }

  struct Product: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .product(a, b) }
  }

  struct Quotient: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .quotient(a, b) }
  }

  struct Remainder: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .remainder(a, b) }
  }

  struct Modulus: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .modulus(a, b) }
  }

  struct Power: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .power(a, b) }
  }

  struct Larger: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .larger(a, b) }
  }

  struct Smaller: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { .smaller(a, b) }
  }

  /// `a`, or `a b` where `a` is below zero.
  struct ParametricRectifier: PairFunction {
    @inline(__always) func callAsFunction<T: NumberElement>(_ a: T, _ b: T) -> T { a < .zero ? .product(a, b) : a }
  }
}
