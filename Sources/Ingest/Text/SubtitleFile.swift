import BraidCore
import Glibc

/// A `text:` input that is no JSON Lines but a file of subtitles (SubRip, WebVTT, ASS and their kind), which FFmpeg reads.
struct SubtitleFile {
  /// What FFmpeg is given: a path or `-`.
  let path: String
  /// The options, for the first text stream alone where none was chosen.
  let options: InputOptions

  /// Nil for everything but a regular file that does not begin with a JSON object.
  ///
  /// - Throws: ``IngestError/Code/invalidOption`` where the URI asks for what only JSON Lines have, `unusable` for UTF-16, of which
  ///   FFmpeg loses characters (its reader forgets all but the first byte of one at which it has looked ahead).
  init?(_ location: FeedLocation, _ options: InputOptions) throws(IngestError) {
    guard location.kind == .text, let bytes = Self.beginning(location), !Self.beginsAsObject(bytes) else {
      return nil
    }
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw IngestError(
        .unusable, "the file is UTF-16", location: location.uri, remedy: "Make it UTF-8: iconv -f UTF-16 -t UTF-8.")
    }
    if location.timeName != nil || location.unit != nil || location.epoch != nil || location.lateness != nil {
      throw location.refused(
        "subtitles have times of their own: 'time', 'unit', 'epoch' and 'lateness' are for JSON Lines",
        "Leave them out.")
    }
    path = location.path
    var options = options
    options.textEncoding = location.encoding
    if options.streams == .standard { options.streams = .list([.nth(.text, 0)]) }
    self.options = options
  }

  /// The first bytes of a regular file; nil for everything else.
  private static func beginning(_ location: FeedLocation) -> ArraySlice<UInt8>? {
    let path = location.isStandardInput ? "/proc/self/fd/0" : location.path
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    return count >= 0 ? bytes.prefix(count) : nil
  }

  /// Whether something begins with `{` and a quote or `}`: subtitles in MicroDVD's format begin with `{` and a digit.
  static func beginsAsObject(_ bytes: ArraySlice<UInt8>) -> Bool {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    var rest = bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes
    rest = rest.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    guard rest.first == UInt8(ascii: "{") else { return false }
    let next = rest.dropFirst().first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) }
    return next == nil || next == UInt8(ascii: "\"") || next == UInt8(ascii: "}")
  }
}
