import ArgumentParser
import BraidFeatures

/// How transforms are planned, as arguments of every command that computes features.
struct TransformArguments: ParsableArguments {
  @Flag(
    name: .long, inversion: .prefixedNo,
    help: """
      Let FFTW measure its plans: spectra up to a tenth faster after tenths of a second \
      of planning; their last bits may differ from run to run.
      """)
  var fftMeasure: Bool?

  /// Sets what was asked for, for the whole process.
  func apply() { Self.apply(fftMeasure ?? false) }

  /// Sets whether plans are measured, for the whole process.
  static func apply(_ measures: Bool) {
    if measures { FFTPlanning.current = .measured }
  }
}
