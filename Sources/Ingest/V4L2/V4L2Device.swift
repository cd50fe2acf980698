import CV4L2
import Glibc

/// The owner of an open V4L2 node, for asking what it is and what it offers. Asking takes no buffers and disturbs nobody.
struct V4L2Device: ~Copyable {
  /// What the node is.
  struct Identity: Hashable, Sendable {
    var driver: String
    var card: String
    var bus: String
    /// Whether it gives pictures: not an output, and not the metadata node of a UVC camera.
    var captures: Bool
    /// Whether its buffers can be mapped.
    var streams: Bool
  }

  /// What it is set to.
  struct Setting: Hashable, Sendable {
    var fourcc: String
    var width: Int
    var height: Int
    /// Frames a second; nil where the driver does not say.
    var rate: Double?
  }

  let identity: Identity
  private let descriptor: Int32

  // What a driver lists of formats, sizes and rates is believed up to so many of each.
  private static let entries: UInt32 = 64

  /// Opens the node.
  ///
  /// - Parameters:
  ///   - path: the node.
  ///   - location: what errors name.
  /// - Throws: ``IngestError/Code/notFound``, `notPermitted`, `busy`, or `unusable` for what is no V4L2 device.
  init(path: String, location: String) throws(IngestError) {
    let descriptor = unsafe braid_v4l2_open(path)
    guard descriptor >= 0 else { throw Self.error(opening: path, errno, location) }
    var identity = braid_v4l2_identity()
    let reason = unsafe braid_v4l2_identify(descriptor, &identity)
    guard reason == 0 else {
      close(descriptor)
      throw reason == ENODEV
        ? Self.error(opening: path, reason, location)
        : IngestError(
          .unusable, "this is no V4L2 device", location: location, remedy: "'braid devices' lists the cameras.",
          cause: Self.words(reason))
    }
    self.descriptor = descriptor
    self.identity = Identity(
      driver: Self.text(identity.driver), card: Self.text(identity.card), bus: Self.text(identity.bus),
      captures: identity.captures, streams: identity.streams)
  }

  deinit {
    close(descriptor)
  }

  /// What it offers, in the driver's order.
  func formats() -> [V4L2Format] {
    var formats: [V4L2Format] = []
    for index in 0..<Self.entries {
      var format = braid_v4l2_format()
      guard unsafe braid_v4l2_get_format(descriptor, index, &format) == 0 else { break }
      let letters = V4L2Format.letters(format.fourcc)
      formats.append(
        V4L2Format(
          fourcc: letters, name: V4L2Format.names[letters], description: Self.text(format.description),
          isCompressed: format.is_compressed, sizes: sizes(format.fourcc)))
    }
    return formats
  }

  private func sizes(_ fourcc: UInt32) -> [V4L2Format.Size] {
    var sizes: [V4L2Format.Size] = []
    for index in 0..<Self.entries {
      var size = braid_v4l2_size()
      guard unsafe braid_v4l2_get_size(descriptor, fourcc, index, &size) == 0,
        size.min_width <= size.max_width, size.min_height <= size.max_height
      else { break }
      let (rates, takesAny) = rates(fourcc, size.max_width, size.max_height)
      sizes.append(
        V4L2Format.Size(
          width: Int(size.min_width)...Int(size.max_width), height: Int(size.min_height)...Int(size.max_height),
          rates: rates, takesAnyRate: takesAny))
    }
    return sizes
  }

  private func rates(_ fourcc: UInt32, _ width: UInt32, _ height: UInt32) -> (rates: [Double], takesAny: Bool) {
    func rate(_ numerator: UInt32, _ denominator: UInt32) -> Double? {
      numerator > 0 && denominator > 0 ? Double(denominator) / Double(numerator) : nil
    }
    var rates: Set<Double> = []
    var takesAny = false
    for index in 0..<Self.entries {
      var interval = braid_v4l2_interval()
      guard unsafe braid_v4l2_get_interval(descriptor, fourcc, width, height, index, &interval) == 0 else { break }
      for value in [
        rate(interval.shortest_numerator, interval.shortest_denominator),
        rate(interval.longest_numerator, interval.longest_denominator),
      ] {
        if let value { rates.insert(value) }
      }
      // A range is the only entry.
      if interval.is_range {
        takesAny = true
        break
      }
    }
    return (rates.sorted(by: >), takesAny)
  }

  /// What it is set to; nil where it does not say.
  var setting: Setting? {
    var setting = braid_v4l2_setting()
    guard unsafe braid_v4l2_get_setting(descriptor, &setting) == 0 else { return nil }
    let isKnown = setting.interval_numerator > 0 && setting.interval_denominator > 0
    return Setting(
      fourcc: V4L2Format.letters(setting.fourcc), width: Int(setting.width), height: Int(setting.height),
      rate: isKnown ? Double(setting.interval_denominator) / Double(setting.interval_numerator) : nil)
  }

  /// Whether another program has its buffers.
  var isBusy: Bool { braid_v4l2_probe_buffers(descriptor) == EBUSY }

  /// The error that a node which could not be opened, or was lost at once, is told as.
  static func error(opening path: String, _ reason: Int32, _ location: String) -> IngestError {
    let cause = words(reason)
    return switch reason {
    case ENOENT, ENODEV, ENXIO, ENOTDIR:
      IngestError(
        .notFound, "there is no such device", location: location,
        remedy: "Plug it in, or take one that 'braid devices' lists.", cause: cause)
    case EACCES, EPERM:
      IngestError(
        .notPermitted, "the camera may not be opened", location: location,
        remedy: "Join the group 'video': sudo usermod -aG video $USER, then log in again. "
          + "In a container, pass the device in: --device \(path).",
        cause: cause)
    case EBUSY: busy(path, location)
    default:
      IngestError(.readFailed, "the camera could not be opened", location: location, remedy: "", cause: cause)
    }
  }

  /// Somebody else has it.
  static func busy(_ path: String, _ location: String) -> IngestError {
    IngestError(
      .busy, "another program has the camera", location: location,
      remedy: "End that program: 'fuser -v \(path)' shows which it is.", cause: words(EBUSY))
  }

  private static func words(_ reason: Int32) -> String { unsafe String(cString: strerror(reason)) }

  /// The text of a C array of characters.
  private static func text<Characters>(_ characters: Characters) -> String {
    unsafe withUnsafeBytes(of: characters) { bytes in unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
