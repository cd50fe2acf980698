import CFFmpeg

/// The owner of an `AVDictionary`: options given to FFmpeg by name.
@safe
struct Options: ~Copyable {
  private(set) var pointer: OpaquePointer?

  init() {}

  deinit {
    var pointer = unsafe pointer
    unsafe av_dict_free(&pointer)
  }

  mutating func set(_ name: String, _ value: String) {
    unsafe av_dict_set(&pointer, name, value, 0)
  }

  /// Lends the dictionary to a call that takes entries out of it.
  @unsafe
  mutating func lend(_ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) -> Int32 {
    unsafe body(&pointer)
  }
}
