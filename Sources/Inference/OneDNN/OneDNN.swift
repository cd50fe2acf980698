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

  static func setThreads(_ count: Int) { braid_onednn_set_threads(Int32(clamping: count)) }
}
