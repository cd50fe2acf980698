import Foundation
import Glibc

/// A program that runs beside a test: a sender, a server, a proxy. It is killed when nobody refers to it any more.
public final class BackgroundProcess {
  private let process = Process()
  private let output = Pipe()
  /// What it has printed when it was ready.
  public private(set) var firstLine = ""

  /// Starts a program of the PATH; what it writes to stderr is thrown away.
  public init(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [name] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = output
    process.standardError =
      ProcessInfo.processInfo.environment["BRAID_TEST_VERBOSE"] == nil
      ? FileHandle.nullDevice : FileHandle.standardError
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    kill()
  }

  /// Starts `ffmpeg` as a sender: `arguments` are its inputs and outputs.
  public static func ffmpeg(_ arguments: [String]) throws -> BackgroundProcess {
    try BackgroundProcess("ffmpeg", ["-v", "error", "-nostdin", "-y"] + arguments)
  }

  /// Starts a Python script of `Tests/Rigs` with the system's Python and waits for the first line that it prints.
  public static func rig(_ name: String, _ arguments: [String]) throws -> BackgroundProcess {
    let script = SharedData.packageRoot.appendingPathComponent("Tests/Rigs/\(name)").path
    let rig = try BackgroundProcess("/usr/bin/python3", [script] + arguments)
    rig.waitForOutput()
    return rig
  }

  /// Waits until it prints something, and keeps that as ``firstLine``.
  public func waitForOutput() {
    firstLine = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
      .trimmingCharacters(in: .newlines)
  }

  /// Whether it still runs.
  public var isRunning: Bool { process.isRunning }

  /// Kills it, as `kill -9` does, and waits for its end.
  public func kill() {
    guard process.isRunning else { return }
    _ = Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) {
    _ = Glibc.kill(process.processIdentifier, number)
  }

  /// Asks a rig to end, as `kill` does, and waits until it has. (What a test starts has that signal blocked.)
  public func terminate() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  /// What it has printed, once it has ended.
  public func readOutput() -> String {
    String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }
}

/// A port of this machine that nobody uses at the moment.
public enum FreePort {
  /// One for TCP and UDP; never the same twice in a row.
  public static func next() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        _ = unsafe bind(descriptor, pointer, length)
        _ = unsafe getsockname(descriptor, pointer, &length)
      }
      return unsafe Int(UInt16(bigEndian: pointer.pointee.sin_port))
    }
  }
}
