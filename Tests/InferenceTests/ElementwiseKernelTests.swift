import CKernels
import Foundation
import Testing

/// The C loops over elements against the C library in double precision.
@Suite struct ElementwiseKernelTests {
  static let arguments: [Float] =
    (-40_000...40_000).map { Float($0) / 4000 } + [-1000, 1000, 1e-20, -1e-20, .infinity, -.infinity]

  static func results(_ kernel: (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void) -> [Float] {
    var results = [Float](repeating: 7, count: arguments.count)
    unsafe arguments.withUnsafeBufferPointer { x in
      unsafe results.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        unsafe kernel(x, y, arguments.count)
      }
    }
    return results
  }

  @Test("The error function lies within a millionth of its value")
  func errorFunction() {
    let results = unsafe Self.results { unsafe braid_erf_f32($0, $1, $2) }
    for (x, y) in zip(Self.arguments, results) {
      let expected = erf(Double(x))
      #expect(abs(Double(y) - expected) <= 1e-6 * abs(expected), "erf(\(x)) is \(y), not \(expected)")
    }
  }

  @Test("Gaussian units lie within a millionth of their argument")
  func gaussianUnits() {
    let exact = unsafe Self.results { unsafe braid_gelu_f32($0, $1, $2) }
    let byTanh = unsafe Self.results { unsafe braid_gelu_tanh_f32($0, $1, $2) }
    for (index, argument) in Self.arguments.enumerated() where argument.isFinite {
      let x = Double(argument)
      #expect(abs(Double(exact[index]) - x / 2 * (1 + erf(x * 0.5.squareRoot()))) <= 1e-6 * abs(x), "at \(x)")
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      #expect(abs(Double(byTanh[index]) - x / 2 * (1 + tanh(inner))) <= 1e-6 * abs(x), "by tanh at \(x)")
    }
  }

  @Test("Exponentials, logarithms and what is made of them lie within a millionth of their value")
  func exponentials() {
    let cases: [(String, [Float], (Double) -> Double)] = unsafe [
      ("exp", Self.results { unsafe braid_exponential_f32($0, $1, $2) }, { exp($0) }),
      ("log", Self.results { unsafe braid_logarithm_f32($0, $1, $2) }, { log($0) }),
      ("swish", Self.results { unsafe braid_swish_f32($0, $1, $2, 1.5) }, { $0 / (1 + exp(-1.5 * $0)) }),
      ("softplus", Self.results { unsafe braid_softplus_f32($0, $1, $2) }, { max($0, 0) + log1p(exp(-abs($0))) }),
      ("mish", Self.results { unsafe braid_mish_f32($0, $1, $2) }, { $0 * tanh(max($0, 0) + log1p(exp(-abs($0)))) }),
      (
        "exponential unit", Self.results { unsafe braid_exponential_unit_f32($0, $1, $2, 2, 3, 0.5) },
        { $0 < 0 ? 3 * expm1(0.5 * $0) : 2 * $0 }
      ),
    ]
    for (name, results, function) in cases {
      for (x, y) in zip(Self.arguments, results) {
        let expected = function(Double(x))
        if expected.isNaN {
          #expect(y.isNaN, "\(name) of \(x) is \(y)")
        } else if !Float(expected).isFinite {
          #expect(y == Float(expected), "\(name) of \(x) is \(y)")
        } else {
          #expect(abs(Double(y) - expected) <= 1e-6 * abs(expected) + 1e-37, "\(name) of \(x) is \(y), not \(expected)")
        }
      }
    }
  }

  @Test("What is not a number stays so")
  func notANumber() {
    var x: [Float] = [.nan, 1]
    unsafe x.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      unsafe braid_erf_f32(x, x, 2)
    }
    #expect(x[0].isNaN && abs(x[1] - 0.842_700_8) < 1e-6)
  }

  @Test("A product of matrices sums in double precision, whatever the number of columns", arguments: [1, 7, 8, 31, 45])
  func product(columns: Int) {
    let (rows, inner) = (3, 50)
    var state: UInt64 = 5
    func draw() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 23) - 1
    }
    let (a, b) = ((0..<(rows * inner)).map { _ in draw() }, (0..<(inner * columns)).map { _ in draw() })
    var y = [Float](repeating: 0, count: rows * columns)
    unsafe braid_matmul_reference(a, b, &y, Int64(rows), Int64(inner), Int64(columns))
    for i in 0..<rows {
      for j in 0..<columns {
        var sum = 0.0
        for l in 0..<inner { sum += Double(a[i * inner + l]) * Double(b[l * columns + j]) }
        #expect(y[i * columns + j] == Float(sum))
      }
    }
  }
}
