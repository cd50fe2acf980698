import BraidCore
import Glibc

/// A `text:` input that is no JSON Lines but a file of subtitles (SubRip, WebVTT, ASS and their kind), which FFmpeg reads.
struct SubtitleFile {
  /// UTF-16 files that are larger are refused.
  private static let mostBytes = 16 << 20

  /// What FFmpeg is given.
  let location: InputLocation
  /// The options, for the first text stream alone where none was chosen.
  let options: InputOptions

  /// Nil for everything but a regular file that does not begin with a JSON object.
  ///
  /// A file in UTF-16 with a byte order mark is made UTF-8 first: FFmpeg's reader of SubRip forgets all but the first byte of a
  /// character at which it has looked ahead, and that of WebVTT takes UTF-8 alone.
  ///
  /// - Throws: ``IngestError/Code/invalidOption`` where the URI asks for what only JSON Lines have, `limitExceeded` for more than
  ///   16 MB of UTF-16, and what looking for the file gives.
  init?(_ feed: FeedLocation, _ options: InputOptions) throws(IngestError) {
    guard feed.kind == .text, let bytes = Self.bytes(feed, most: 4096), !Self.beginsAsObject(bytes[...]) else {
      return nil
    }
    if feed.timeName != nil || feed.unit != nil || feed.epoch != nil || feed.lateness != nil {
      throw feed.refused(
        "subtitles have times of their own: 'time', 'unit', 'epoch' and 'lateness' are for JSON Lines",
        "Leave them out.")
    }
    var options = options
    options.textEncoding = feed.encoding
    if options.streams == .standard { options.streams = .list([.nth(.text, 0)]) }
    let isLittleEndian = bytes.starts(with: [0xff, 0xfe])
    guard isLittleEndian || bytes.starts(with: [0xfe, 0xff]) else {
      (location, self.options) = (try InputLocation(feed.path), options)
      return
    }
    guard let all = Self.bytes(feed, most: Self.mostBytes + 1), all.count <= Self.mostBytes else {
      throw IngestError(
        .limitExceeded, "the file is UTF-16 and larger than \(Self.mostBytes >> 20) MB", location: feed.uri,
        remedy: "Make it UTF-8: iconv -f UTF-16 -t UTF-8.")
    }
    options.textEncoding = nil
    var location = try InputLocation(Self.place(feed))
    // FFmpeg reads what follows the comma as the file's bytes, up to a zero.
    location.url = "data:text/plain," + Self.text(all, isLittleEndian: isLittleEndian)
    (self.location, self.options) = (location, options)
  }

  /// What UTF-16 says, without its mark; what is no character becomes U+FFFD, and so does a zero.
  private static func text(_ bytes: [UInt8], isLittleEndian: Bool) -> String {
    let (low, high) = isLittleEndian ? (0, 1) : (1, 0)
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    for place in stride(from: 2, to: bytes.count - 1, by: 2) {
      let unit = UInt16(bytes[place + high]) << 8 | UInt16(bytes[place + low])
      units.append(unit == 0 ? 0xfffd : unit)
    }
    return String(decoding: units, as: UTF16.self)
  }

  private static func place(_ feed: FeedLocation) -> String { feed.isStandardInput ? "/proc/self/fd/0" : feed.path }

  /// At most so many of the first bytes of a regular file; nil for everything else.
  private static func bytes(_ feed: FeedLocation, most: Int) -> [UInt8]? {
    let path = place(feed)
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return nil }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: min(most, Int(clamping: status.st_size)))
    var count = 0
    while count < bytes.count {
      let got = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress?.advanced(by: count), $0.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { return nil }
      if got == 0 { break }
      count += got
    }
    return Array(bytes.prefix(count))
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
