import Foundation

/// Runs the FFmpeg tools that the tests compare with and make their files with.
public enum Tool {
  /// The tool ended with another status than 0.
  public struct Failure: Error {
    /// What was run, and its status.
    public var text: String
  }

  /// Runs a tool and returns what it wrote to stdout.
  @discardableResult
  public static func run(_ name: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(text: "\(name) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Runs `ffmpeg` with `arguments`, overwriting the output.
  public static func ffmpeg(_ arguments: String...) throws {
    try run("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments)
  }

  /// One decoded frame as ffprobe shows it.
  public struct Frame {
    /// `best_effort_timestamp` in ticks; nil for N/A.
    public var stamp: Int64?
    /// In each channel; 0 for pictures.
    public var samples: Int
  }

  /// The decoded frames of one stream.
  public static func frames(_ path: String, stream: Int) throws -> [Frame] {
    let text = try run(
      "ffprobe",
      [
        "-v", "error", "-select_streams", "\(stream)", "-show_entries", "frame=best_effort_timestamp,nb_samples",
        "-of", "compact=nk=0:p=0", "file:" + path,
      ])
    return text.split(separator: "\n").filter { $0.contains("best_effort") }.map { line in
      var frame = Frame(stamp: nil, samples: 0)
      for field in line.split(separator: "|") {
        let parts = field.split(separator: "=")
        if parts.first == "best_effort_timestamp", parts.count == 2 { frame.stamp = Int64(parts[1]) }
        if parts.first == "nb_samples", parts.count == 2 { frame.samples = Int(parts[1]) ?? 0 }
      }
      return frame
    }
  }

  /// `nb_read_frames` of one stream.
  public static func frameCount(_ path: String, stream: Int) throws -> Int {
    let text = try run(
      "ffprobe",
      [
        "-v", "error", "-count_frames", "-select_streams", "\(stream)", "-show_entries", "stream=nb_read_frames", "-of",
        "default=nk=1:nw=1", "file:" + path,
      ])
    return text.split(separator: "\n").first.flatMap { Int($0) } ?? 0
  }
}
