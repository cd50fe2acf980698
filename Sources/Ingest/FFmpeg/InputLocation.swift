import Glibc

/// Where an input is, and by which protocols it may be read.
struct InputLocation {
  enum Place: Hashable {
    /// A path of this machine, which exists.
    case file
    /// Standard input.
    case standardInput
    /// Something that FFmpeg fetches.
    case network
  }

  /// As the caller gave it.
  let uri: String
  /// What FFmpeg is given.
  var url: String
  /// Which kind of place it is.
  let place: Place
  /// FFmpeg's `protocol_whitelist`.
  var protocols: String
  /// The URI without credentials and query.
  let redacted: String
  /// Whether what it gives comes as it happens.
  let isLive: Bool

  private static let liveSchemes: Set<String> = [
    "rtsp", "rtsps", "rtp", "srtp", "udp", "udplite", "srt", "rist", "rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe",
    "rtmpte", "mmsh", "mmst",
  ]
  private static let fetchSchemes: Set<String> = ["http", "https", "ftp", "sftp", "data"]
  private static let networkProtocols =
    "http,https,httpproxy,tls,tcp,udp,udplite,rtp,srtp,srt,rist,rtmp,rtmps,rtmpt,rtmpts,rtmpe,rtmpte,ffrtmphttp,"
    + "ffrtmpcrypt,ftp,sftp,mmsh,mmst,crypto,data"

  /// Finds out what `uri` is. A path that exists is a file, whatever its name looks like.
  init(_ uri: String) throws(IngestError) {
    self.uri = uri
    if uri == "-" {
      (url, place, protocols, redacted, isLive) = ("pipe:0", .standardInput, "pipe,crypto,data", "-", false)
      return
    }
    let path =
      uri.hasPrefix("file://") ? String(uri.dropFirst(7)) : uri.hasPrefix("file:") ? String(uri.dropFirst(5)) : uri
    var status = stat()
    for candidate in uri == path ? [uri] : [uri, path] where unsafe stat(candidate, &status) == 0 {
      try Self.examine(candidate, status)
      (url, place, protocols, redacted, isLive) = ("file:" + candidate, .file, "file,crypto,data", uri, false)
      return
    }
    let reason = errno
    guard let scheme = Self.scheme(of: uri), scheme != "file" else {
      throw IngestError(
        reason == EACCES ? .notPermitted : .notFound, "there is no such file that could be read", location: uri,
        remedy: "Check the name and the permissions of its folders.", cause: unsafe String(cString: strerror(reason)))
    }
    redacted = Self.redact(uri)
    guard Self.liveSchemes.contains(scheme) || Self.fetchSchemes.contains(scheme) else {
      throw IngestError(
        .protocolRefused, "'\(scheme)' is neither a file here nor a protocol that inputs are read by",
        location: redacted, remedy: "Give a path, '-', or a URL of http, https, rtsp, rtp, udp, srt or rtmp.")
    }
    (url, place, protocols) = (uri, .network, Self.networkProtocols)
    isLive = Self.liveSchemes.contains(scheme)
  }

  private static func examine(_ path: String, _ status: stat) throws(IngestError) {
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      throw IngestError(.unusable, "this is a directory", location: path, remedy: "Give a file in it.")
    case S_IFREG where status.st_size == 0:
      throw IngestError(.empty, "the file is empty", location: path, remedy: "Give a file that holds media.")
    default: break
    }
    guard unsafe access(path, R_OK) == 0 else {
      throw IngestError(
        .notPermitted, "the file may not be read", location: path, remedy: "Change its permissions.",
        cause: unsafe String(cString: strerror(errno)))
    }
  }

  /// The scheme of `scheme:rest`, in lower case; nil where there is none.
  private static func scheme(of uri: String) -> String? {
    guard let colon = uri.firstIndex(of: ":"), colon != uri.startIndex else { return nil }
    let scheme = uri[..<colon]
    guard scheme.first?.isLetter == true,
      scheme.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    else { return nil }
    return scheme.lowercased()
  }

  /// Takes user, password, query and fragment out of `scheme://user:password@host/path?query`.
  static func redact(_ uri: String) -> String {
    var text = uri
    if let cut = text.firstIndex(where: { $0 == "?" || $0 == "#" }) { text = String(text[..<cut]) }
    let slashes = Array("://")
    let characters = Array(text)
    guard let start = characters.indices.first(where: { characters[$0...].starts(with: slashes) }) else { return text }
    let authority = characters[(start + 3)...].prefix { $0 != "/" }
    guard let at = authority.lastIndex(of: "@") else { return text }
    return String(characters[..<(start + 3)]) + String(characters[(at + 1)...])
  }
}
