/// Ways to fold elements, as types, so that a loop over elements is compiled for each.
enum Reductions {
  struct Sum: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct Mean: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A {
      .quotient(value, A(real: Double(count)))
    }
  }

  struct Product: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .one }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .product(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct Largest: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .least }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .larger(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct Smallest: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .greatest }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .smaller(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct SumOfMagnitudes: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, .magnitude(x)) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct SumOfSquares: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, .product(x, x)) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A { value }
  }

  struct EuclideanNorm: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, .product(x, x)) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A {
      A(real: value.real.squareRoot())
    }
  }

  struct LogarithmOfSum: Reduction {
    @inline(__always) func start<A: ArithmeticElement>(_: A.Type) -> A { .zero }
    @inline(__always) func step<A: ArithmeticElement>(_ value: A, _ x: A) -> A { .sum(value, x) }
    @inline(__always) func finish<A: ArithmeticElement>(_ value: A, _ count: Int) -> A {
      A(real: Double.logarithm(value.real))
    }
  }
}
