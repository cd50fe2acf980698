internal import BraidCore
internal import COneDNN

/// The one door to oneDNN: every call is checked here.
enum OneDNN {
  /// Throws what oneDNN answered, where that is not success.
  static func check(
    _ operation: StaticString, _ status: dnnl_status_t
  ) throws(InferenceError) {
    guard status != dnnl_success else { return }
    let words = unsafe dnnl_status2str(status).map { unsafe String(cString: $0) } ?? "status \(status.rawValue)"
    throw InferenceError(
      status == dnnl_out_of_memory ? .limitExceeded : .library, "oneDNN refused \(operation)",
      remedy: "Run the model with reference operators, and report it", cause: words)
  }

  /// Chooses or compiles an implementation; one thread of the process at a time, as oneDNN 2.6.3 is not safe for more
  /// (docs/design/0006).
  static func compiling(_ body: () -> dnnl_status_t) -> dnnl_status_t { compilation.withLock { _ in body() } }

  private static let compilation = Guarded(())

  static func setThreads(_ count: Int) { braid_onednn_set_threads(Int32(clamping: count)) }
}
