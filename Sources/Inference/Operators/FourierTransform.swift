import Glibc

/// A discrete Fourier transform of any length, in double precision: `X[k] = sum of x[n] exp(-2 pi i k n / count)`.
///
/// Powers of two are transformed in place by halves; other lengths as a convolution with a chirp of a power of two
/// (L. Bluestein, 1970).
struct FourierTransform: Sendable {
  let count: Int
  /// The power of two that is transformed.
  private let size: Int
  /// `exp(-2 pi i k / size)` for the first half, real and imaginary parts in turn.
  private let turns: [Double]
  /// `exp(-pi i n^2 / count)`, and the transform of the chirp it is convolved with; empty for powers of two.
  private let chirp: [Double]
  private let chirpSpectrum: [Double]

  /// A transform of `count` places, one or more.
  init(count: Int) throws(InferenceError) {
    self.count = count
    let isPower = count & (count - 1) == 0
    var size = 1
    while size < (isPower ? count : 2 * count - 1) { size *= 2 }
    self.size = size
    var turns: [Double] = []
    for k in 0..<max(1, size / 2) {
      let angle = -2 * Double.pi * Double(k) / Double(size)
      turns += [cos(angle), sin(angle)]
    }
    self.turns = turns
    guard !isPower else {
      (chirp, chirpSpectrum) = ([], [])
      return
    }
    var (chirp, wave): ([Double], [Double]) = ([], [Double](repeating: 0, count: 2 * size))
    for n in 0..<count {
      // The square of n counts modulo twice the length.
      let phase = Double(n.multipliedFullWidth(by: n).low % UInt(2 * count))
      let angle = -Double.pi * phase / Double(count)
      chirp += [cos(angle), sin(angle)]
      for place in n == 0 ? [0] : [n, size - n] { (wave[2 * place], wave[2 * place + 1]) = (cos(angle), -sin(angle)) }
    }
    self.chirp = chirp
    guard let shape = TensorShape([2 * size]), let tensor = Tensor(wave, shape: shape) else {
      throw .limit("a transform of \(count) places does not fit the memory")
    }
    let copy = FourierTransform(size: size, turns: turns)
    copy.powerOfTwo(Elements<Double>(tensor.host))
    chirpSpectrum = tensor.array(of: Double.self)
  }

  private init(size: Int, turns: [Double]) {
    (count, self.size, self.turns, chirp, chirpSpectrum) = (size, size, turns, [], [])
  }

  /// Working memory for one transform.
  var scratchBytes: Int { 2 * size * MemoryLayout<Double>.stride }

  /// The working memory of a kernel as pairs of real and imaginary parts.
  func workspace(_ arguments: KernelArguments) -> Elements<Double> {
    guard let scratch = arguments.scratch, scratch.byteCount >= scratchBytes else {
      preconditionFailure("a kernel runs without its working memory")
    }
    let shape = TensorShape([2 * size]) ?? .scalar
    return Elements<Double>(
      unsafe HostTensor(base: scratch.pointer, type: TensorType(elementType: .float64, shape: shape)))
  }

  /// Transforms the first `count` pairs of `data`, a workspace; `inverse` turns the other way, without a factor.
  func run(_ data: Elements<Double>, inverse: Bool) {
    if inverse { conjugate(data, count) }
    if chirp.isEmpty {
      powerOfTwo(data)
    } else {
      for n in 0..<count { multiply(data, n, chirp) }
      for n in (2 * count)..<(2 * size) { data[n] = 0 }
      powerOfTwo(data)
      for k in 0..<size { multiply(data, k, chirpSpectrum) }
      conjugate(data, size)
      powerOfTwo(data)
      conjugate(data, size)
      for n in 0..<count {
        multiply(data, n, chirp)
        data[2 * n] /= Double(size)
        data[2 * n + 1] /= Double(size)
      }
    }
    if inverse { conjugate(data, count) }
  }

  private func conjugate(_ data: Elements<Double>, _ pairs: Int) {
    for n in 0..<pairs { data[2 * n + 1] = -data[2 * n + 1] }
  }

  private func multiply(_ data: Elements<Double>, _ n: Int, _ factors: [Double]) {
    let (a, b, c, d) = (data[2 * n], data[2 * n + 1], factors[2 * n], factors[2 * n + 1])
    (data[2 * n], data[2 * n + 1]) = (a * c - b * d, a * d + b * c)
  }

  private func powerOfTwo(_ data: Elements<Double>) {
    var reversed = 0
    for n in 1..<max(1, size) {
      var bit = size >> 1
      while reversed & bit != 0 {
        reversed ^= bit
        bit >>= 1
      }
      reversed |= bit
      if n < reversed {
        (data[2 * n], data[2 * reversed]) = (data[2 * reversed], data[2 * n])
        (data[2 * n + 1], data[2 * reversed + 1]) = (data[2 * reversed + 1], data[2 * n + 1])
      }
    }
    var half = 1
    while half < size {
      let step = size / (2 * half)
      for start in stride(from: 0, to: size, by: 2 * half) {
        for k in 0..<half {
          let (c, s) = (turns[2 * k * step], turns[2 * k * step + 1])
          let (i, j) = (2 * (start + k), 2 * (start + k + half))
          let (a, b) = (data[j] * c - data[j + 1] * s, data[j] * s + data[j + 1] * c)
          (data[j], data[j + 1]) = (data[i] - a, data[i + 1] - b)
          (data[i], data[i + 1]) = (data[i] + a, data[i + 1] + b)
        }
      }
      half *= 2
    }
  }
}
