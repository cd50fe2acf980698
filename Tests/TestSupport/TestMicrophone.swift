import Foundation

/// The test microphone (Tests/Rigs/testmic): a capture device with a clock of its own, for libasound alone.
///
/// One value is one device with a control file of its own; several may exist.
public final class TestMicrophone: Sendable {
  /// What the device is like.
  public struct Settings: Sendable {
    /// How much faster than CLOCK_MONOTONIC its clock runs, in parts per million.
    public var partsPerMillion = 0.0
    /// The tone of channel 0, in hertz.
    public var frequency = 1000.0
    /// The channel that counts samples; -1 for none.
    public var counter = 1
    /// Samples by which its position moves at once.
    public var granularity = 1
    /// libasound's name of its format.
    public var format = "S16_LE"
    /// Channels; 0 for 1 to 8.
    public var channels = 0
    /// Samples a second; 0 for any.
    public var rate = 0

    /// A device of 16 bits with any rate and number of channels.
    public init() {}
  }

  /// The device could not be made.
  public struct Failure: Error {
    /// Why.
    public var text: String
  }

  /// libasound's name of it.
  public let name: String
  /// What it is like.
  public let settings: Settings
  /// The configuration file that defines it: ALSA_CONFIG_PATH of a process that is to see it.
  public let configurationPath: String
  private let control: String

  /// Defines a device, and makes this process's libasound see it.
  ///
  /// - Throws: ``Failure`` where the plugin cannot be built.
  public init(_ settings: Settings = Settings()) throws {
    let bench = try AlsaBench.shared.get()
    self.settings = settings
    var control = ""
    name = try bench.define("testmic") { name in
      control = bench.scratch.path(name)
      return """
        type testmic ppm \(settings.partsPerMillion) freq \(settings.frequency) counter \(settings.counter)
        granularity \(settings.granularity) format \(settings.format) channels \(settings.channels)
        rate \(settings.rate) control "\(control)"
        """
    }
    self.control = control
    configurationPath = bench.configurationPath
  }

  /// The device's URI.
  public var uri: String { "alsa:" + name }

  /// The environment of a child process that is to see the device.
  public var environment: [String: String] {
    ProcessInfo.processInfo.environment.merging(["ALSA_CONFIG_PATH": configurationPath]) { $1 }
  }

  /// What the device can be told while it runs.
  public enum Command {
    /// An overrun now.
    case overrun
    /// The position stands still for so many milliseconds, then jumps to where the clock is.
    case freeze(Int)
    /// So many milliseconds are lost without a word.
    case skip(Int)
    /// Nothing comes until the device is opened again.
    case hang
    /// It asks to be resumed, and cannot be.
    case suspend
    /// All samples are zero, also the counter's; false: they are not any more.
    case silence(Bool)

    fileprivate var text: String {
      switch self {
      case .overrun: "xrun"
      case .freeze(let time): "freeze \(time)"
      case .skip(let time): "skip \(time)"
      case .hang: "hang"
      case .suspend: "suspend"
      case .silence(let on): "silence \(on ? 2 : 0)"
      }
    }
  }

  /// Tells the running device something; it listens once a period.
  public func send(_ commands: Command...) throws {
    let text = commands.map { $0.text + "\n" }.joined()
    try Data(text.utf8).write(to: URL(fileURLWithPath: control), options: .atomic)
  }

  /// Whether the device is there. Running ones end with ENODEV when it is not.
  public func plug(_ isIn: Bool) throws { try flag("gone", !isIn) }
  /// Whether somebody else has the device.
  public func occupy(_ isBusy: Bool) throws { try flag("busy", isBusy) }
  /// Whether this user may not open the device.
  public func deny(_ isDenied: Bool) throws { try flag("denied", isDenied) }

  private func flag(_ suffix: String, _ isOn: Bool) throws {
    let path = control + "." + suffix
    if isOn {
      try Data().write(to: URL(fileURLWithPath: path))
    } else if FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
  }

  // MARK: - What it gives

  /// The sample `value` of a channel other than the tone's and the counter's, as a whole number of 32 bits: what the plugin
  /// computes for sample `sample` of its clock.
  public static func noise(sample: UInt64, channel: Int) -> Int32 {
    let bits = (sample &+ 1) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(channel) &* 0xBF58_476D_1CE4_E5B9
    return Int32(truncatingIfNeeded: UInt32(truncatingIfNeeded: (bits ^ (bits >> 31)) >> 16))
  }
}
