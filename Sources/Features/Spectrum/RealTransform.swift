internal import BraidCore
internal import CFFTW

/// A discrete Fourier transform of real samples by FFTW in single precision, with memory of its own.
///
/// `output[k] = sum over n of input[n] * exp(-2πi k n / length)`, unnormalised, for `k` from 0 to `length / 2`.
/// Plans are estimated, never measured, and always on memory at a 64-byte boundary, so that every run and every instance
/// of the same length gives the same bits. One instance belongs to one thread at a time.
@safe
final class RealTransform: @unchecked Sendable {
  // SAFETY: a unique owner of its plan and memory; nothing is shared between instances but the planner, which is locked.

  /// Samples in.
  let length: Int
  /// Complex values out: `length / 2 + 1`.
  let binCount: Int
  /// `length` samples, for the caller to write.
  let input: AlignedFloats
  /// `2 * binCount` floats: real and imaginary parts by turns.
  let output: AlignedFloats

  private let plan: fftwf_plan

  /// FFTW's planner and the freeing of plans are not safe to run in two threads; executing plans is.
  private static let planner = Guarded(())

  /// A transform of `length` samples, at least 2.
  init(length: Int) throws(FeatureError) {
    guard (2...(1 << 24)).contains(length) else {
      throw FeatureError(
        .invalidSetting, "a transform of \(length) samples is not possible", location: "FFT length",
        remedy: "Take 2 to \(1 << 24) samples")
    }
    self.length = length
    binCount = length / 2 + 1
    let input = AlignedFloats(count: length)
    let output = AlignedFloats(count: 2 * binCount)
    self.input = input
    self.output = output
    var plan: fftwf_plan?
    Self.planner.withLock { _ in
      let bins = unsafe UnsafeMutableRawPointer(output.base).assumingMemoryBound(to: fftwf_complex.self)
      unsafe plan = unsafe fftwf_plan_dft_r2c_1d(Int32(length), input.base, bins, FFTW_ESTIMATE)
    }
    guard let plan = unsafe plan else {
      throw FeatureError(.planning, "FFTW made no plan for \(length) samples", location: "FFT length")
    }
    unsafe self.plan = unsafe plan
  }

  deinit {
    Self.planner.withLock { _ in unsafe fftwf_destroy_plan(plan) }
  }

  /// Transforms `input` into `output`; `input` keeps its values. Allocates: no.
  func execute() {
    unsafe fftwf_execute(plan)
  }
}
