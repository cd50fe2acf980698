internal import CKernels
import Glibc

/// What a gate of a recurrent layer applies to its sum.
enum RecurrentActivation: Sendable {
  case sigmoid
  case tanh
  case relu
  case softplus
  case softsign
  case affine(alpha: Double, beta: Double)
  case leakyRelu(alpha: Double)
  case thresholdedRelu(alpha: Double)
  case scaledTanh(alpha: Double, beta: Double)
  case hardSigmoid(alpha: Double, beta: Double)
  case elu(alpha: Double)

  /// The activation called `name`, in any case, which takes its parameters from the front of `alphas` and `betas`.
  init(_ name: String, _ alphas: inout ArraySlice<Float>, _ betas: inout ArraySlice<Float>) throws(InferenceError) {
    func alpha(_ fallback: Double) -> Double { alphas.popFirst().map(Double.init) ?? fallback }
    func beta(_ fallback: Double) -> Double { betas.popFirst().map(Double.init) ?? fallback }
    switch name.lowercased() {
    case "sigmoid": self = .sigmoid
    case "tanh": self = .tanh
    case "relu": self = .relu
    case "softplus": self = .softplus
    case "softsign": self = .softsign
    case "affine": self = .affine(alpha: alpha(1), beta: beta(0))
    case "leakyrelu": self = .leakyRelu(alpha: alpha(0.01))
    case "thresholdedrelu": self = .thresholdedRelu(alpha: alpha(1))
    case "scaledtanh": self = .scaledTanh(alpha: alpha(1), beta: beta(1))
    case "hardsigmoid": self = .hardSigmoid(alpha: alpha(0.2), beta: beta(0.5))
    case "elu": self = .elu(alpha: alpha(1))
    default: throw .unsupported("activation \(name)")
    }
  }

  /// Replaces the `count` elements from `start` on by their activation, after holding them to magnitudes of `clip`.
  func apply<T: RealElement>(_ x: Elements<T>, _ start: Int, _ count: Int, clip: Double?) {
    let range = start..<(start + count)
    if let clip {
      let limit = T(clip)
      for i in range { x[i] = max(-limit, min(limit, x[i])) }
    }
    switch self {
    case .sigmoid: T.logistic(x, range)
    case .tanh: T.hyperbolicTangent(x, range)
    case .relu: for i in range { x[i] = max(0, x[i]) }
    case .softplus: for i in range { x[i] = T(x[i] > 30 ? x[i].real : log1p(exp(x[i].real))) }
    case .softsign: for i in range { x[i] /= 1 + abs(x[i]) }
    case .affine(let alpha, let beta): for i in range { x[i] = T(alpha * x[i].real + beta) }
    case .leakyRelu(let alpha): for i in range where x[i] < 0 { x[i] = T(alpha * x[i].real) }
    case .thresholdedRelu(let alpha): for i in range where x[i].real < alpha { x[i] = 0 }
    case .scaledTanh(let alpha, let beta): for i in range { x[i] = T(alpha * Glibc.tanh(beta * x[i].real)) }
    case .hardSigmoid(let alpha, let beta): for i in range { x[i] = T(max(0, min(1, alpha * x[i].real + beta))) }
    case .elu(let alpha): for i in range where x[i] < 0 { x[i] = T(alpha * expm1(x[i].real)) }
    }
  }
}

extension RealElement {
  /// Replaces the elements of `range` by 1 / (1 + e^-x).
  fileprivate static func logistic(_ x: Elements<Self>, _ range: Range<Int>) {
    if Self.self == Float.self {
      let run = unsafe UnsafeMutableRawPointer(x.run(range.lowerBound, range.count))
      unsafe braid_sigmoid_in_place(run.assumingMemoryBound(to: Float.self), range.count)
    } else {
      for i in range { x[i] = logistic(x[i]) }
    }
  }

  /// Replaces the elements of `range` by their hyperbolic tangents.
  fileprivate static func hyperbolicTangent(_ x: Elements<Self>, _ range: Range<Int>) {
    if Self.self == Float.self {
      let run = unsafe UnsafeMutableRawPointer(x.run(range.lowerBound, range.count))
      unsafe braid_tanh_in_place(run.assumingMemoryBound(to: Float.self), range.count)
    } else {
      for i in range { x[i] = hyperbolicTangent(x[i]) }
    }
  }
}
