import Glibc

/// Each element divided by a power of the squares of its neighbours along the channels.
///
/// y = x / (bias + alpha / size * sum of squares over `size` channels around)^beta.
struct LocalResponseNormalisation: RealKernel {
  let channels: Int
  let plane: Int
  let size: Int
  let alpha: Double
  let beta: Double
  let bias: Double

  func run<T: RealElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    let (before, after) = ((size - 1) / 2, size / 2)
    for i in 0..<x.count {
      let channel = i / plane % channels
      var sum = 0.0
      for other in max(0, channel - before)...min(channels - 1, channel + min(after, channels)) {
        let value = x[i + (other - channel) * plane].real
        sum += value * value
      }
      y[i] = T(x[i].real / pow(bias + alpha / Double(size) * sum, beta))
    }
  }
}
