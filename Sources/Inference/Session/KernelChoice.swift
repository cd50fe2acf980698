import Glibc

/// How one of oneDNN's implementations is chosen for a layer (docs/design/0010).
public enum KernelChoice: Sendable, Hashable {
  /// By a rule that looks at the layer's form alone: the same in every process on one sort of processor.
  case rule
  /// By measuring those that are known to be sound when a plan is made, once for each sort of processor: what was found is
  /// kept in a file in `folder`, which is made if need be. Sums of real numbers may be rounded otherwise than by rule, by
  /// the order in which they are added; whole numbers are the same.
  case measured(folder: String)

  /// Measured, and kept in `braid` under `XDG_CACHE_HOME`, or under `~/.cache` where that is not set to an absolute path.
  ///
  /// - Throws: `invalid-option` where neither that nor `HOME` is set.
  public static func measuredForUser() throws(InferenceError) -> KernelChoice {
    func variable(_ name: String) -> String? {
      let value = unsafe getenv(name).map { unsafe String(cString: $0) }
      return value.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    if let cache = variable("XDG_CACHE_HOME") { return .measured(folder: cache + "/braid") }
    if let home = variable("HOME") { return .measured(folder: home + "/.cache/braid") }
    throw InferenceError(
      .invalidOption, "there is no folder in which measurements could be kept",
      remedy: "Set XDG_CACHE_HOME or HOME to an absolute path")
  }
}
