internal import CFFTW

/// A discrete Fourier transform of real samples by FFTW in single precision, with memory of its own.
///
/// Forward, `output[k] = sum over n of input[n] * exp(-2πi k n / length)` for `k` from 0 to `length / 2`; inverse, the samples
/// back, times `length`. Neither is normalised. Plans are made as ``FFTPlanning`` says, always on memory at a 64-byte boundary:
/// estimated ones give the same bits in every run and every instance. One instance belongs to one thread at a time.
@safe
final class RealTransform: @unchecked Sendable {
  // SAFETY: a unique owner of its plan and memory; nothing is shared between instances but the planner, which is locked.

  enum Direction {
    case forward
    case inverse
  }

  /// Samples.
  let length: Int
  /// Complex values: `length / 2 + 1`.
  let binCount: Int
  /// For the caller to write. Forward `length` samples, inverse `2 * binCount` floats: real and imaginary parts by turns.
  let input: AlignedFloats
  /// The other.
  let output: AlignedFloats

  private let plan: fftwf_plan

  /// A transform of `length` samples, at least 2.
  init(length: Int, _ direction: Direction = .forward) throws(FeatureError) {
    guard (2...(1 << 24)).contains(length) else {
      throw FeatureError(
        .invalidSetting, "a transform of \(length) samples is not possible", location: "FFT length",
        remedy: "Take 2 to \(1 << 24) samples")
    }
    self.length = length
    binCount = length / 2 + 1
    let samples = AlignedFloats(count: length)
    let bins = AlignedFloats(count: 2 * binCount)
    (input, output) = direction == .forward ? (samples, bins) : (bins, samples)
    var plan: fftwf_plan?
    FFTPlanning.plan { flags in
      let complex = unsafe UnsafeMutableRawPointer(bins.base).assumingMemoryBound(to: fftwf_complex.self)
      switch direction {
      case .forward: unsafe plan = unsafe fftwf_plan_dft_r2c_1d(Int32(length), samples.base, complex, flags)
      case .inverse: unsafe plan = unsafe fftwf_plan_dft_c2r_1d(Int32(length), complex, samples.base, flags)
      }
    }
    guard let plan = unsafe plan else {
      throw FeatureError(.planning, "FFTW made no plan for \(length) samples", location: "FFT length")
    }
    unsafe self.plan = unsafe plan
  }

  deinit {
    FFTPlanning.plan { _ in unsafe fftwf_destroy_plan(plan) }
  }

  /// Transforms ``input``, which keeps its values forward and loses them inverse, into ``output``. Allocates: no.
  func execute() {
    unsafe fftwf_execute(plan)
  }
}
