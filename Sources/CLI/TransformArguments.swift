import ArgumentParser
import BraidFeatures

/// How transforms are planned, as arguments of every command that computes features.
struct TransformArguments: ParsableArguments {
  @Flag(
    name: .long,
    help: """
      Let FFTW measure its plans: spectra up to a tenth faster after tenths of a second \
      of planning; their last bits may differ from run to run.
      """)
  var fftMeasure = false

  /// Sets what was asked for, for the whole process.
  func apply() {
    if fftMeasure { FFTPlanning.current = .measured }
  }
}
