import Foundation
import Glibc

/// An X server without a screen of its own (Xvfb), for one test. It is killed when nobody refers to it any more.
public final class XServer {
  private let process = Process()
  /// `:7`
  public let display: String

  /// Starts a server with one screen, on a display that is free or on the one asked for, and waits until it answers.
  public init(width: Int, height: Int, display: String? = nil) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["Xvfb"] + (display.map { [$0] } ?? [])
      + ["-displayfd", "1", "-screen", "0", "\(width)x\(height)x24", "-nolisten", "tcp", "-nocursor"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let number = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Tool.Failure(text: "Xvfb said '\(line)' instead of its display: is the package xvfb there?")
    }
    self.display = ":\(number)"
  }

  deinit { kill() }

  /// Kills it, as `kill -9` does, waits for its end, and removes what it leaves behind.
  public func kill() {
    guard process.isRunning else { return }
    _ = Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    for path in ["/tmp/.X\(display.dropFirst())-lock", "/tmp/.X11-unix/X\(display.dropFirst())"] {
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}
