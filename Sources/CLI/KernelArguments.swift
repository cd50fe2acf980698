import ArgumentParser
import BraidInference

/// How kernels are chosen, as arguments of every command that runs models.
struct KernelArguments: ParsableArguments {
  @Flag(
    name: .long, inversion: .prefixedNo,
    help: """
      Measure which of oneDNN's kernels is fastest for each layer while a model is \
      loaded; kept in $XDG_CACHE_HOME/braid or ~/.cache/braid for the next time.
      """)
  var measureKernels: Bool?

  /// What the arguments ask for.
  func choice() throws(InferenceError) -> KernelChoice {
    measureKernels == true ? try KernelChoice.measuredForUser() : .rule
  }
}
