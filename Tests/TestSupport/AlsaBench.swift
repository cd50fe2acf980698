import Foundation

/// The configuration that this process's libasound reads: the system's own with the tests' devices added.
///
/// There is one for the process. libasound reads the file again whenever it was replaced.
final class AlsaBench: @unchecked Sendable {
  // SAFETY: `definitions` is only touched with `lock` held; all else is constant.

  /// The one of this process, or why there is none.
  static let shared: Result<AlsaBench, TestMicrophone.Failure> = {
    do { return .success(try AlsaBench()) } catch { return .failure(TestMicrophone.Failure(text: "\(error)")) }
  }()

  let scratch: Scratch
  var configurationPath: String { scratch.path("asound.conf") }
  private let lock = NSLock()
  private var definitions: [String] = []
  private var count = 0

  /// Builds the test microphone and points libasound to a configuration of ours.
  private init() throws {
    scratch = try Scratch()
    let plugin = scratch.path("libasound_module_pcm_testmic.so")
    let source = SharedData.packageRoot.appendingPathComponent("Tests/Rigs/testmic/pcm_testmic.c").path
    try Tool.run(
      "gcc", ["-O2", "-Wall", "-Werror", "-fPIC", "-shared", "-DPIC", "-o", plugin, source, "-lasound", "-lm"])
    definitions = ["</usr/share/alsa/alsa.conf>", "pcm_type.testmic { lib \"\(plugin)\" }"]
    unsafe setenv("ALSA_CONFIG_PATH", configurationPath, 1)
    // A client of PulseAudio keeps its cookie here, not in the user's home.
    unsafe setenv("PULSE_COOKIE", scratch.path("cookie"), 1)
  }

  /// Adds a device and returns its name, which begins with `prefix`; `body` gives its fields.
  func define(_ prefix: String, _ body: (String) -> String) throws -> String {
    lock.lock()
    defer { lock.unlock() }
    count += 1
    let name = "\(prefix)\(count)"
    definitions.append(
      "pcm.\(name) {\n\(body(name))\nhint { show on description \"Test microphone \(name)\" }\n}")
    // libasound knows a changed file by its inode and its second: what is replaced is kept, so that no inode comes again.
    if FileManager.default.fileExists(atPath: configurationPath) {
      try FileManager.default.linkItem(atPath: configurationPath, toPath: scratch.path("asound.conf.\(count)"))
    }
    try Data((definitions.joined(separator: "\n") + "\n").utf8).write(
      to: URL(fileURLWithPath: configurationPath), options: .atomic)
    return name
  }
}
