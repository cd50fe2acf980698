import Glibc

/// The Fourier transform of real samples in 16-bit fixed point, as small devices compute it: `1 / length` of the sum, rounded at each of
/// its steps.
///
/// Half as many complex values are transformed in passes of radix 4, decimated in time, and taken apart into the spectrum of the real
/// ones; products are rounded to the nearest, as Mark Borgerding's KISS FFT does with `FIXED_POINT=16`. One thread at a time; allocates:
/// no, after `init`.
struct FixedPointTransform {
  /// Samples: twice a power of four.
  let length: Int
  /// Real and imaginary parts of the spectrum, `length / 2 + 1` of each.
  private(set) var real: [Int]
  private(set) var imaginary: [Int]

  private let half: Int
  /// Where each pair of samples goes: its digits to the base of four turned round.
  private let places: [Int]
  /// `exp(-2πik / half)`, and `exp(-πi(k / half + 1/2))` for k from 1, times 32767.
  private let roots: [(real: Int, imaginary: Int)]
  private let outerRoots: [(real: Int, imaginary: Int)]
  private var x: [Int]
  private var y: [Int]

  /// A transform of `2 · 4^passes` samples.
  init(passes: Int) {
    let half = 1 << (2 * passes)
    self.half = half
    length = 2 * half
    places = (0..<half).map { place in
      var (rest, turned) = (place, 0)
      for _ in 0..<passes { (rest, turned) = (rest / 4, turned * 4 + rest % 4) }
      return turned
    }
    roots = (0..<half).map { Self.root(-2 * .pi * Double($0) / Double(half)) }
    outerRoots = (1...half / 2).map { Self.root(-.pi * (Double($0) / Double(half) + 0.5)) }
    x = Array(repeating: 0, count: half)
    y = x
    real = Array(repeating: 0, count: half + 1)
    imaginary = real
  }

  /// Transforms `length` samples, each of at most 16 bits.
  mutating func run(_ samples: [Int]) {
    guard samples.count == length else { return }
    for place in 0..<half {
      x[place] = samples[2 * places[place]]
      y[place] = samples[2 * places[place] + 1]
    }
    var width = 1
    while width < half {
      pass(width)
      width *= 4
    }
    takeApart()
  }

  private static func root(_ phase: Double) -> (real: Int, imaginary: Int) {
    (Int((0.5 + 32767 * cos(phase)).rounded(.down)), Int((0.5 + 32767 * sin(phase)).rounded(.down)))
  }

  private static func rounded(_ value: Int) -> Int { (value + 1 << 14) >> 15 }

  private static func product(_ a: (real: Int, imaginary: Int), _ b: (real: Int, imaginary: Int)) -> (
    real: Int, imaginary: Int
  ) {
    (
      rounded(a.real * b.real - a.imaginary * b.imaginary),
      rounded(a.real * b.imaginary + a.imaginary * b.real)
    )
  }

  /// Joins four transforms of `width` into one.
  private mutating func pass(_ width: Int) {
    let quarter = 32767 / 4
    let step = half / (4 * width)
    for first in stride(from: 0, to: half, by: 4 * width) {
      for k in 0..<width {
        func part(_ number: Int) -> (real: Int, imaginary: Int) {
          let place = first + k + number * width
          return (Self.rounded(x[place] * quarter), Self.rounded(y[place] * quarter))
        }
        let a = part(0)
        let b = Self.product(part(1), roots[step * k])
        let c = Self.product(part(2), roots[2 * step * k])
        let d = Self.product(part(3), roots[3 * step * k])
        let (evenSum, evenRest) = (
          (a.real + c.real, a.imaginary + c.imaginary), (a.real - c.real, a.imaginary - c.imaginary)
        )
        let (oddSum, oddRest) = (
          (b.real + d.real, b.imaginary + d.imaginary), (b.real - d.real, b.imaginary - d.imaginary)
        )
        let place = first + k
        (x[place], y[place]) = (evenSum.0 + oddSum.0, evenSum.1 + oddSum.1)
        (x[place + width], y[place + width]) = (evenRest.0 + oddRest.1, evenRest.1 - oddRest.0)
        (x[place + 2 * width], y[place + 2 * width]) = (evenSum.0 - oddSum.0, evenSum.1 - oddSum.1)
        (x[place + 3 * width], y[place + 3 * width]) = (evenRest.0 - oddRest.1, evenRest.1 + oddRest.0)
      }
    }
  }

  /// The spectrum of the real samples from that of the complex values that they made in pairs.
  private mutating func takeApart() {
    let halved = { (value: Int) in Self.rounded(value * (32767 / 2)) }
    (real[0], imaginary[0]) = (halved(x[0]) + halved(y[0]), 0)
    (real[half], imaginary[half]) = (halved(x[0]) - halved(y[0]), 0)
    for k in 1...half / 2 {
      let one = (real: halved(x[k]), imaginary: halved(y[k]))
      let other = (real: halved(x[half - k]), imaginary: halved(-y[half - k]))
      let sum = (real: one.real + other.real, imaginary: one.imaginary + other.imaginary)
      let turned = Self.product(
        (one.real - other.real, one.imaginary - other.imaginary), outerRoots[k - 1])
      (real[k], imaginary[k]) = ((sum.real + turned.real) >> 1, (sum.imaginary + turned.imaginary) >> 1)
      (real[half - k], imaginary[half - k]) = ((sum.real - turned.real) >> 1, (turned.imaginary - sum.imaginary) >> 1)
    }
  }
}
