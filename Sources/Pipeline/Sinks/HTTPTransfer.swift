internal import BraidCore
internal import CCurl

/// One connection to a server, over which bodies are posted one after the other. Wraps libcurl.
///
/// For one thread at a time.
@safe
final class HTTPTransfer {
  /// How a post went.
  enum Outcome {
    /// The server's status, and how long it asks to be left alone.
    case answered(Int, retryAfter: MediaDuration)
    /// It could not be reached, or did not answer.
    case failed(String)
    /// Nobody waits for it any more.
    case stopped
  }

  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  private static let longestWait = MediaDuration.seconds(3600)

  /// libcurl's version with that of its TLS: `7.88.1 OpenSSL/3.0.17`.
  static var libraryVersion: String {
    unsafe String(cString: curl_version()).split(separator: " ").prefix(2).joined(separator: " ")
      .replacing("libcurl/", with: "")
  }

  private let handle: UnsafeMutableRawPointer
  private let multi: UnsafeMutableRawPointer
  private let headers: [String]

  /// A transfer to `url`, with these headers in each post and no answer waited for longer than `timeout`. Nil where libcurl refuses.
  init?(url: String, headers: [String], timeout: MediaDuration) {
    guard Self.isReady, let handle = unsafe curl_easy_init() else { return nil }
    guard let multi = unsafe curl_multi_init() else {
      unsafe curl_easy_cleanup(handle)
      return nil
    }
    unsafe self.handle = handle
    unsafe self.multi = multi
    // A header that asks to wait for "100 Continue" costs servers that do not know it a second.
    self.headers = headers + ["Expect:"]
    let milliseconds = Int(clamping: timeout.nanoseconds / 1_000_000)
    let status = [
      unsafe url.withCString { unsafe braid_curl_set_pointer(handle, CURLOPT_URL, $0) },
      unsafe "http,https".withCString { unsafe braid_curl_set_pointer(handle, CURLOPT_PROTOCOLS_STR, $0) },
      unsafe "braid/\(BraidVersion.current)".withCString {
        unsafe braid_curl_set_pointer(handle, CURLOPT_USERAGENT, $0)
      },
      unsafe braid_curl_set_long(handle, CURLOPT_NOSIGNAL, 1), unsafe braid_curl_set_long(handle, CURLOPT_POST, 1),
      unsafe braid_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds),
      unsafe braid_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds),
      unsafe braid_curl_discard_answer(handle),
    ]
    if status.contains(where: { $0 != CURLE_OK }) { return nil }
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe curl_multi_cleanup(multi)
  }

  /// Posts a body under an idempotency key, for as long as `isWanted`.
  func post(_ body: [UInt8], key: String, while isWanted: () -> Bool) -> Outcome {
    var list: UnsafeMutablePointer<curl_slist>?
    defer { unsafe curl_slist_free_all(list) }
    for header in headers + ["Idempotency-Key: \(key)"] {
      guard let longer = unsafe curl_slist_append(list, header) else { return .failed("out of memory") }
      unsafe list = longer
    }
    unsafe braid_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
    return unsafe body.withUnsafeBytes { bytes in
      unsafe braid_curl_set_long(handle, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
      unsafe braid_curl_set_pointer(handle, CURLOPT_POSTFIELDS, bytes.baseAddress)
      guard unsafe curl_multi_add_handle(multi, handle) == CURLM_OK else { return .failed("libcurl refuses") }
      defer { unsafe curl_multi_remove_handle(multi, handle) }
      return perform(while: isWanted)
    }
  }

  private func perform(while isWanted: () -> Bool) -> Outcome {
    var running: Int32 = 1
    while true {
      let status = unsafe curl_multi_perform(multi, &running)
      guard status == CURLM_OK else { return .failed(unsafe String(cString: curl_multi_strerror(status))) }
      if running == 0 { break }
      guard isWanted() else { return .stopped }
      unsafe curl_multi_poll(multi, nil, 0, 100, nil)
    }
    var left: Int32 = 0
    var result = CURLE_GOT_NOTHING
    while let message = unsafe curl_multi_info_read(multi, &left) {
      if unsafe message.pointee.msg == CURLMSG_DONE { result = unsafe message.pointee.data.result }
    }
    guard result == CURLE_OK else { return .failed(unsafe String(cString: curl_easy_strerror(result))) }
    var status = 0
    unsafe braid_curl_response_code(handle, &status)
    let seconds = unsafe braid_curl_retry_after(handle)
    let wait = MediaDuration.seconds(max(0, min(seconds, Self.longestWait.nanoseconds / 1_000_000_000)))
    return .answered(status, retryAfter: wait)
  }
}
