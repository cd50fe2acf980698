import BraidCore
import Foundation

/// The X displays that can be captured.
public enum Screens {
  private static let sockets = "/tmp/.X11-unix"

  /// The display that `DISPLAY` names, and every other that has a socket here, each with its size where it lets us in.
  ///
  /// Connects to each for a moment. Blocks for as long as the servers take to answer.
  public static func list() -> [CaptureDevice] {
    var names: [String] = []
    if let name = ProcessInfo.processInfo.environment["DISPLAY"], !name.isEmpty { names.append(name) }
    let files = (try? FileManager.default.contentsOfDirectory(atPath: sockets)) ?? []
    for number in files.compactMap({ $0.hasPrefix("X") ? Int($0.dropFirst()) : nil }).sorted()
    where !names.contains(where: { $0 == ":\(number)" || $0.hasPrefix(":\(number).") }) {
      names.append(":\(number)")
    }
    return names.map(device)
  }

  private static func device(_ name: String) -> CaptureDevice {
    var device = CaptureDevice(uri: "screen:\(name)", kind: .screen, name: name, description: "X display \(name)")
    do throws(IngestError) {
      guard let location = try DeviceLocation(device.uri) else { return device }
      let opening = try DeviceOpening(location, options: InputOptions(), interruption: InputInterruption())
      device.formats = opening.description.streams.compactMap(\.video).map {
        "\($0.pixelFormat) \($0.width)x\($0.height)"
      }
      device.state = .ready
    } catch {
      device.state = error.code == .notPermitted ? .notPermitted : .unusable
      device.description += ": \(error.message)"
    }
    return device
  }

  /// What libavdevice's status means of a screen.
  static func refine(_ error: IngestError, _ location: DeviceLocation) -> IngestError {
    if error.code == .unusable {
      return IngestError(
        .formatRefused, "the part asked for is larger than the screen", location: location.redacted,
        remedy: "Ask for a smaller size, or for none.", cause: error.cause)
    }
    guard error.code == .readFailed else { return error }
    let number = location.name.drop { $0 != ":" }.dropFirst().prefix { $0.isASCII && $0.isNumber }
    let isHere = location.name.hasPrefix(":") && FileManager.default.fileExists(atPath: "\(sockets)/X\(number)")
    return isHere
      ? IngestError(
        .notPermitted, "the X server does not let us in, or has no such screen", location: location.redacted,
        remedy: "Run as the user of that session, with its XAUTHORITY. (A Wayland session shows X programs only.)",
        cause: error.cause)
      : IngestError(
        .notFound, "there is no X server that answers", location: location.redacted,
        remedy: "Give the display that 'echo $DISPLAY' shows in the session to be captured: screen::0.",
        cause: error.cause)
  }
}
