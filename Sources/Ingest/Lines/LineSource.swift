import BraidCore
import Glibc

/// Opens what lines come from.
enum LineSource {
  /// Opens a file, a FIFO, a device or standard input. A FIFO that nobody writes to yet is opened at once.
  ///
  /// - Throws: not-found; not-permitted; empty; unusable for what holds no lines; limit-exceeded.
  static func open(
    _ location: FeedLocation, limits: InputLimits, stopping: InputInterruption
  ) throws(IngestError) -> LineReader {
    guard let wake = WakeDescriptor() else {
      throw IngestError(
        .limitExceeded, "the process has no descriptors left", location: location.uri, remedy: "Raise 'ulimit -n'.")
    }
    let descriptor = try openDescriptor(location)
    var status = stat()
    let kind = unsafe fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
    do throws(IngestError) {
      switch kind {
      case S_IFREG where status.st_size == 0 && !location.path.hasPrefix("/proc/"):
        throw IngestError(.empty, "the file is empty", location: location.uri, remedy: "Give a file that holds lines.")
      case S_IFREG, S_IFIFO, S_IFCHR, S_IFSOCK: break
      case S_IFDIR:
        throw IngestError(.unusable, "this is a directory", location: location.uri, remedy: "Give a file in it.")
      default:
        throw IngestError(
          .unusable, "this is neither a file nor a FIFO", location: location.uri, remedy: "Give one that holds lines.")
      }
    } catch {
      close(descriptor)
      throw error
    }
    return LineReader(
      descriptor, isLive: kind != S_IFREG, longest: max(1, limits.lineBytes), wake: wake, stopping: stopping)
  }

  private static func openDescriptor(_ location: FeedLocation) throws(IngestError) -> Int32 {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let opened: Int32
    if location.isStandardInput {
      // A second time, which leaves the description that other processes share as it is; a socket cannot be opened again.
      let again = unsafe Glibc.open("/proc/self/fd/0", flags)
      opened = again >= 0 ? again : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
    } else {
      opened = unsafe Glibc.open(location.path, flags)
    }
    guard opened < 0 else { return opened }
    let reason = errno
    throw IngestError(
      reason == ENOENT || reason == ENOTDIR ? .notFound : reason == EACCES ? .notPermitted : .unusable,
      "'\(location.path)' could not be opened", location: location.uri,
      remedy: "Check the name and the permissions.", cause: unsafe String(cString: strerror(reason)))
  }
}
