import Glibc

/// Standard input as FFmpeg is to read it: so that a reader can be stopped while nobody writes.
///
/// FFmpeg looks at its interrupt callback only between reads, and a read of a silent pipe does not return. A pipe or a
/// terminal is therefore opened a second time without blocking, which leaves the description that other processes share
/// as it is; FFmpeg then asks again every millisecond. A file that standard input comes from is opened as a file, which can
/// be searched.
final class StandardInput {
  private let descriptor: Int32?
  /// What to open.
  let url: String
  /// The protocols that opening it takes.
  let protocols: String

  init() {
    var status = stat()
    let kind = unsafe fstat(STDIN_FILENO, &status) == 0 ? status.st_mode & S_IFMT : 0
    let isStream = kind == S_IFIFO || kind == S_IFCHR
    let opened = isStream ? unsafe open("/proc/self/fd/0", O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1
    descriptor = opened >= 0 ? opened : nil
    (url, protocols) =
      kind == S_IFREG
      ? ("file:/proc/self/fd/0", "file,crypto,data") : ("pipe:\(descriptor ?? STDIN_FILENO)", "pipe,crypto,data")
  }

  deinit {
    if let descriptor { close(descriptor) }
  }
}
