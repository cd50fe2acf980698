import Foundation

/// The cameras of this machine.
public enum V4L2Devices {
  private static let systemFolder = "/sys/class/video4linux"

  /// Every V4L2 node that gives pictures, by number. Outputs and the metadata nodes of UVC cameras are left out; one that may
  /// not be opened is listed as such, by the name that the system gives it.
  ///
  /// Opens each of them for a moment. Blocks for as long as the drivers take.
  public static func list() -> [CaptureDevice] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: systemFolder)) ?? []
    return names.compactMap { $0.hasPrefix("video") ? Int($0.dropFirst(5)) : nil }.sorted().compactMap(device)
  }

  private static func device(_ number: Int) -> CaptureDevice? {
    let path = "/dev/video\(number)"
    var device = CaptureDevice(uri: "v4l2:\(path)", kind: .video, name: path, description: "")
    do throws(IngestError) {
      let node = try V4L2Device(path: path, location: device.uri)
      guard node.identity.captures else { return nil }
      device.description = "\(node.identity.card) (\(node.identity.driver), \(node.identity.bus))"
      device.formats = node.formats().filter { $0.name != nil }.map(\.line)
      device.state = !node.identity.streams ? .unusable : node.isBusy ? .busy : .ready
    } catch {
      // A container may see the system's list and not the node.
      guard error.code != .notFound else { return nil }
      let name = try? String(contentsOfFile: "\(systemFolder)/video\(number)/name", encoding: .utf8)
      device.description = name?.trimmingCharacters(in: .whitespacesAndNewlines) ?? error.message
      device.state = error.code == .notPermitted ? .notPermitted : error.code == .busy ? .busy : .unusable
    }
    return device
  }
}

extension V4L2Format {
  /// The format in one line, each size with its highest rate: `yuyv422 640x480@30 1280x720@10`.
  var line: String {
    ([name ?? fourcc] + sizes.map(\.text)).joined(separator: " ")
  }
}

extension V4L2Format.Size {
  /// The size and its highest rate: `640x480@30`; a range as `32x32..1920x1080@30`.
  var text: String {
    let smallest = "\(width.lowerBound)x\(height.lowerBound)"
    let isRange = width.lowerBound != width.upperBound || height.lowerBound != height.upperBound
    let size = isRange ? "\(smallest)..\(width.upperBound)x\(height.upperBound)" : smallest
    return rates.first.map { "\(size)@\(V4L2Format.text(rate: $0))" } ?? size
  }
}

extension V4L2Format {
  /// A rate with two decimals at most: `30`, `12.5`, `29.97`.
  static func text(rate: Double) -> String {
    let hundredths = rate.isFinite && rate.magnitude < 1e9 ? Int((rate * 100).rounded()) : 0
    let (whole, rest) = (hundredths / 100, hundredths % 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}
