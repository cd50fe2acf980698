import Foundation
import Glibc

/// What sends live pictures and sound in tests, over one protocol. It can be killed and started again.
public final class LiveSender {
  /// How it sends.
  public enum Kind: String, Sendable, CaseIterable {
    /// RTSP, the media over TCP and over UDP.
    case rtspTCP, rtspUDP
    /// MPEG-TS.
    case srt, udp, http, tcp
    /// FLV.
    case rtmp
  }

  /// Where it can be opened.
  public let url: String
  private let kind: Kind
  private let port = FreePort.next()
  private let file: String
  private let scratch: Scratch
  private var process: BackgroundProcess?

  /// Starts sending. `scratch` takes the file that HTTP serves.
  public init(_ kind: Kind, _ scratch: Scratch) throws {
    self.kind = kind
    self.scratch = scratch
    file = scratch.path("live.ts")
    let host = "127.0.0.1:\(port)"
    url =
      switch kind {
      case .rtspTCP: "rtsp://\(host)/live?rtsp_transport=tcp"
      case .rtspUDP: "rtsp://\(host)/live?rtsp_transport=udp"
      case .srt: "srt://\(host)?latency=20000"
      case .udp: "udp://\(host)"
      case .http: "http://\(host)/stream"
      case .tcp: "tcp://\(host)"
      case .rtmp: "rtmp://\(host)/live/it"
      }
    if kind == .http {
      try Tool.run(
        "ffmpeg", ["-v", "error", "-nostdin", "-y"] + Self.source(paced: false, "-t", "60") + ["-f", "mpegts", file])
    }
    process = try start()
  }

  /// Kills it, as `kill -9` does. (RTSP's server starts again by itself.)
  public func kill() {
    if kind == .rtspTCP || kind == .rtspUDP {
      process?.signal(SIGUSR1)
    } else {
      process?.kill()
      process = nil
    }
  }

  /// Starts it again after it was killed.
  public func revive() throws {
    if process == nil { process = try start() }
  }

  /// Pictures of 160 x 120 at 25 a second, a key frame each half second, and a tone, compressed without delay.
  public static func source(paced: Bool = true, _ more: String...) -> [String] {
    let pace = paced ? ["-re"] : []
    return pace + ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=25"] + pace
      + ["-f", "lavfi", "-i", "sine=r=48000:f=440"] + more
      + [
        "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "12", "-threads", "1", "-c:a", "aac",
        "-muxdelay", "0", "-flush_packets", "1",
      ]
  }

  private func start() throws -> BackgroundProcess {
    let host = "127.0.0.1:\(port)"
    return switch kind {
    case .rtspTCP, .rtspUDP:
      try .rig("rtsp_server.py", ["\(port)", "--restarts", "--transports", kind == .rtspTCP ? "tcp" : "udp"])
    case .srt: try .ffmpeg(Self.source() + ["-f", "mpegts", "srt://\(host)?mode=listener"])
    case .udp: try .ffmpeg(Self.source() + ["-f", "mpegts", "udp://\(host)?pkt_size=1316"])
    case .tcp: try .ffmpeg(Self.source() + ["-f", "mpegts", "tcp://\(host)?listen=1"])
    case .rtmp: try .ffmpeg(Self.source() + ["-listen", "1", "-f", "flv", url])
    case .http:
      try .rig("http_server.py", ["\(port)", "--file", file, "--rate", "\(try Self.rate(of: file))"])
    }
  }

  /// Bytes a second at which a file of 60 s goes by as fast as time.
  private static func rate(of file: String) throws -> Int {
    let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    return max(1000, size / 60)
  }
}
