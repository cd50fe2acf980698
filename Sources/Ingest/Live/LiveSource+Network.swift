import BraidCore

/// Network sources, by their URL.
///
/// - RTSP: `?rtsp_transport=udp`, `tcp`, `http` or `udp_multicast` chooses how the media come. Without it UDP is tried for half
///   of the time that opening may take, four seconds at most, and then TCP.
/// - A session description (SDP) is a file that is asked for with the format `sdp`.
/// - HTTP is live where the server gives neither a length nor ranges and the container has no end of its own; HLS (by a name
///   that ends in `.m3u8`, or the format `hls`) where the playlist does not say that it is complete.
///
/// When reading ends, the end of a source is told from its loss: it is the end where RTMP says that the stream was unpublished,
/// an HLS playlist says that it is complete, or as much came as an HTTP server said. RTSP, MPEG-TS, MP3 and the like over TCP,
/// HTTP or SRT end in the same way whether the server closes or dies: that is always a loss. UDP and RTP never end.
extension LiveSource {
  /// Containers that go on as long as they are sent.
  private static let endlessFormats: Set<String> = [
    "mpegts", "mp3", "aac", "ac3", "eac3", "flv", "live_flv", "ogg", "matroska", "webm", "mpjpeg", "mjpeg", "h264",
    "hevc",
    "mpegvideo", "m4v", "loas", "nut",
  ]
  private static let transports: Set<String> = ["udp", "tcp", "http", "udp_multicast"]

  /// Where an input is; a session description is live, whatever the file.
  static func location(of uri: String, _ options: InputOptions) throws(IngestError) -> InputLocation {
    let location = try InputLocation(uri)
    guard location.place == .file, options.format == "sdp" else { return location }
    return InputLocation(sessionDescription: location.path)
  }

  /// A live URL.
  init(_ location: InputLocation) throws(IngestError) {
    switch location.scheme {
    case "rtsp", "rtsps":
      locations = try Self.transportLocations(location)
    case "udp", "udplite", "rtp", "srtp":
      var location = location
      // More than the reader's buffer holds costs packets, and is not the end.
      location.settings["overrun_nonfatal"] = "1"
      location.settings["buffer_size"] = "1048576"
      locations = [location]
    default: locations = [location]
    }
    endsCleanly = location.scheme.hasPrefix("rtmp")
  }

  /// What was fetched by HTTP, if it is live.
  init?(fetched location: InputLocation, _ format: borrowing FormatContext) {
    guard location.place == .network else { return nil }
    let description = format.describe(location, keepsTime: true)
    let names = description.format.split(separator: ",").map(String.init)
    locations = [location]
    if names.contains("hls") {
      guard description.duration == nil else { return nil }
      timing = .stamps
      endsCleanly = true
    } else {
      guard format.isUnbounded, !Self.endlessFormats.isDisjoint(with: names) else { return nil }
    }
  }

  private static func transportLocations(_ location: InputLocation) throws(IngestError) -> [InputLocation] {
    var location = location
    let key = "rtsp_transport"
    guard let mark = location.url.firstIndex(of: "?") else {
      return ["udp", "tcp"].map { location.setting(key, $0) }
    }
    var items = location.url[location.url.index(after: mark)...].split(separator: "&").map(String.init)
    guard let place = items.firstIndex(where: { $0.hasPrefix(key + "=") }) else {
      return ["udp", "tcp"].map { location.setting(key, $0) }
    }
    let transport = String(items.remove(at: place).dropFirst(key.count + 1))
    guard transports.contains(transport) else {
      throw IngestError(
        .invalidOption, "'\(key)' is none of udp, tcp, http and udp_multicast", location: location.redacted,
        remedy: "Write ?\(key)=tcp, or leave it out to try UDP and then TCP.")
    }
    location.url = location.url[..<mark] + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    return [location.setting(key, transport)]
  }
}

extension InputLocation {
  fileprivate func setting(_ name: String, _ value: String) -> InputLocation {
    var location = self
    location.settings[name] = value
    return location
  }
}
