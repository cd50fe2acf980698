internal import BraidCore
internal import Glibc

/// Where an input is, and by which protocols it may be read.
struct InputLocation {
  enum Place: Hashable {
    /// A path of this machine, which exists.
    case file
    /// Standard input.
    case standardInput
    /// A FIFO of this machine.
    case fifo
    /// Something that FFmpeg fetches.
    case network
  }

  /// As the caller gave it.
  let uri: String
  /// What FFmpeg is given.
  var url: String
  /// Which kind of place it is.
  private(set) var place: Place
  /// FFmpeg's `protocol_whitelist`.
  var protocols: String
  /// The URI without credentials and query.
  let redacted: String
  /// The scheme of a URL, in lower case; empty for everything else.
  private(set) var scheme = ""
  /// Whether what it gives comes as it happens.
  private(set) var isLive: Bool
  /// FFmpeg's name of the container format that is to open it; nil finds out.
  var format: String?
  /// FFmpeg's options for opening it, by name.
  var settings: [String: String] = [:]

  /// The path of a file or FIFO.
  var path: String { url.hasPrefix("file:") ? String(url.dropFirst(5)) : url }

  /// A session description on this machine, whose streams come by RTP.
  init(sessionDescription path: String) {
    uri = path
    (url, place, protocols, redacted, isLive) = ("file:" + path, .network, "file,rtp,srtp,udp", path, true)
    format = "sdp"
  }

  /// The protocols that may be used for a URL, by its scheme. None reaches files of this machine.
  private static let protocolsOfScheme: [String: String] = {
    let http = "http,https,httpproxy,tls,tcp"
    let rtmp = "rtmp,rtmps,rtmpt,rtmpts,rtmpe,rtmpte,ffrtmphttp,ffrtmpcrypt," + http
    var table = [
      "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https", "rtp": "rtp,srtp,udp", "srtp": "srtp,rtp,udp",
      "udp": "udp", "udplite": "udplite", "tcp": "tcp", "srt": "srt", "rist": "rist", "http": http, "https": http,
      "ftp": "ftp,tcp", "sftp": "sftp", "data": "data", "mmsh": "mmsh," + http, "mmst": "mmst,tcp",
    ]
    table["rtsps"] = table["rtsp"]
    for scheme in ["rtmp", "rtmps", "rtmpt", "rtmpts", "rtmpe", "rtmpte"] { table[scheme] = rtmp }
    return table
  }()
  /// Of those, the ones that give files.
  private static let fetchSchemes: Set<String> = ["http", "https", "ftp", "sftp", "data"]

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
      let place = status.st_mode & S_IFMT == S_IFIFO ? Place.fifo : .file
      (url, self.place, protocols, redacted, isLive) = ("file:" + candidate, place, "file,crypto,data", uri, false)
      return
    }
    let reason = errno
    guard let scheme = Self.scheme(of: uri), scheme != "file" else {
      throw IngestError(
        reason == EACCES ? .notPermitted : .notFound, "there is no such file that could be read", location: uri,
        remedy: Spelling.guess(path: path).map { "Did you mean '\($0)'?" }
          ?? "Check the name and the permissions of its folders.", cause: unsafe String(cString: strerror(reason)))
    }
    redacted = Self.redact(uri)
    guard let protocols = Self.protocolsOfScheme[scheme] else {
      throw IngestError(
        .protocolRefused, "'\(scheme)' is neither a file here nor a protocol that inputs are read by",
        location: redacted, remedy: "Give a path, '-', or a URL of http, https, rtsp, rtp, udp, tcp, srt or rtmp.")
    }
    (url, place) = (uri, .network)
    isLive = !Self.fetchSchemes.contains(scheme)
    self.scheme = scheme
    self.protocols = protocols
    // A playlist over HTTP is asked for by its name; it opens nothing but HTTP.
    if ["http", "https"].contains(scheme), Self.pathExtension(of: uri) == "m3u8" { format = "hls" }
  }

  /// What follows the last dot of a URL's path, in lower case.
  private static func pathExtension(of uri: String) -> String {
    let path = uri.prefix { $0 != "?" && $0 != "#" }
    guard let name = path.split(separator: "/").last, let dot = name.lastIndex(of: ".") else { return "" }
    return name[name.index(after: dot)...].lowercased()
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
