import Foundation
import Glibc

/// A PulseAudio of a test's own, with a sink that plays nowhere; the sink's monitor is a source. Killed when it goes.
public final class PulseServer {
  /// libasound's name of the source.
  public let name: String

  /// The source's URI.
  public var uri: String { "alsa:" + name }

  private let scratch: Scratch
  private var process: Process?

  /// Defines the source and starts the server.
  ///
  /// - Throws: where the server does not start.
  public init() throws {
    scratch = try Scratch()
    let socket = scratch.path("socket")
    name = try AlsaBench.shared.get().define("testpulse") { _ in
      "type pulse server \"unix:\(socket)\" device \"sink.monitor\""
    }
    try start()
  }

  deinit {
    kill()
  }

  /// Starts the server, and waits until it listens.
  ///
  /// - Throws: ``TestMicrophone/Failure`` where it does not.
  public func start() throws {
    let socket = scratch.path("socket")
    try? FileManager.default.removeItem(atPath: socket)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--realtime=no",
      "--high-priority=no", "-L", "module-native-protocol-unix socket=\(socket) auth-anonymous=1", "-L",
      "module-null-sink sink_name=sink rate=48000 channels=2",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging([
      "HOME": scratch.folder.path, "XDG_RUNTIME_DIR": scratch.folder.path, "XDG_CONFIG_HOME": scratch.folder.path,
      "PULSE_RUNTIME_PATH": scratch.path("run"), "DBUS_SESSION_BUS_ADDRESS": "",
    ]) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    self.process = process
    for _ in 0..<200 {
      if FileManager.default.fileExists(atPath: socket) { return }
      guard process.isRunning else { break }
      Thread.sleep(forTimeInterval: 0.05)
    }
    kill()
    throw TestMicrophone.Failure(text: "pulseaudio did not start")
  }

  /// Ends the server at once, as a crash does.
  public func kill() {
    guard let process else { return }
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    self.process = nil
  }

  /// Stops the server in its tracks: it neither answers nor ends.
  public func suspend() {
    if let process { Glibc.kill(process.processIdentifier, SIGSTOP) }
  }
}
