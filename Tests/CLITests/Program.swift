import BraidTestSupport
import Foundation
import Testing

/// Runs the built `braid` beside the test bundle, as a user would.
enum Program {
  /// The program's path: built into the same folder as the tests.
  static let path: String = {
    let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("braid").path
  }()

  /// The environment of every run: a fixed width for help, no models from elsewhere.
  static var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["COLUMNS"] = "80"
    environment["BRAID_MODELS"] = nil
    return environment
  }

  /// What one run gave.
  struct Outcome {
    var status: Int32
    var output: Data
    var errors: String

    var text: String { String(decoding: output, as: UTF8.self) }
  }

  /// Runs `braid` with `arguments`; a run of more than two minutes ends with status 124.
  ///
  /// - Parameters:
  ///   - arguments: without the program's name.
  ///   - prefix: a program that runs it, with its arguments, e.g. `taskset -c 0`.
  ///   - input: a file for standard input.
  ///   - output: a path for standard output, instead of ``Outcome/output``.
  ///   - folder: the working folder.
  /// - Returns: how it ended and what it wrote.
  /// - Throws: what Foundation says of files and processes.
  static func run(
    _ arguments: [String], prefix: [String] = [], input: String? = nil, output: String? = nil, folder: String? = nil
  ) throws -> Outcome {
    let running = try Running(
      arguments, prefix: ["timeout", "-k", "1", "120"] + prefix, input: input, output: output, folder: folder)
    return try running.finish()
  }

  /// A run that has begun.
  final class Running {
    private let scratch: Scratch
    private let process = Process()
    private let ownsOutput: Bool

    init(
      _ arguments: [String], prefix: [String] = [], input: String? = nil, output: String? = nil, folder: String? = nil
    ) throws {
      scratch = try Scratch()
      ownsOutput = output == nil
      let words = prefix + [Program.path] + arguments
      process.executableURL = URL(fileURLWithPath: words[0].hasPrefix("/") ? words[0] : "/usr/bin/\(words[0])")
      process.arguments = Array(words.dropFirst())
      process.environment = Program.environment
      if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
      let out = try scratch.write("out", Data())
      let err = try scratch.write("err", Data())
      process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output ?? out))
      process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: err))
      process.standardInput =
        try input.map { try FileHandle(forReadingFrom: URL(fileURLWithPath: $0)) }
        ?? FileHandle.nullDevice
      try process.run()
    }

    /// What has been written so far.
    var soFar: Data { (try? Data(contentsOf: URL(fileURLWithPath: scratch.path("out")))) ?? Data() }

    /// Whether the program has a handler of its own for a signal by now: `SigCgt` of proc(5).
    func catches(_ signal: Int32) -> Bool {
      let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
      let mask = line.flatMap { UInt64($0.dropFirst(7).filter(\.isHexDigit), radix: 16) } ?? 0
      return mask >> UInt64(signal - 1) & 1 == 1
    }

    /// A process that the program has made, where there is one: `children` of proc(5).
    var child: pid_t? {
      let id = process.processIdentifier
      let text = (try? String(contentsOfFile: "/proc/\(id)/task/\(id)/children", encoding: .utf8)) ?? ""
      return text.split(separator: " ").first.flatMap { pid_t($0) }
    }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.isRunning }

    /// Sends a signal.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for the end.
    func finish() throws -> Outcome {
      process.waitUntilExit()
      let errors = try Data(contentsOf: URL(fileURLWithPath: scratch.path("err")))
      return Outcome(
        status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
        output: ownsOutput ? soFar : Data(), errors: String(decoding: errors, as: UTF8.self))
    }
  }
}
