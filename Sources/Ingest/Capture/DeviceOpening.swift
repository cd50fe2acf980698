import BraidCore
import CFFmpeg
import Glibc

/// A capture device or generator that was opened, with what was negotiated.
struct DeviceOpening {
  /// What gives its packets.
  let reader: any CaptureReader
  /// What its streams are: as they came out, with what was asked and not got among the oddities.
  let description: InputDescription

  /// Opens what `location` names.
  ///
  /// - Throws: ``IngestError/Code/notFound``, `notPermitted`, `busy`, `formatRefused`, `noUsableStream`, `unusable`, `invalidOption`;
  ///   each with what the user can do.
  init(
    _ location: DeviceLocation, options: InputOptions, interruption: InputInterruption
  ) throws(IngestError) {
    switch location.kind {
    case .v4l2: (reader, description) = try Self.camera(location, options, interruption)
    case .screen: (reader, description) = try Self.screen(location, options, interruption)
    case .lavfi: (reader, description) = try Self.generator(location, options, interruption)
    case .alsa:
      throw IngestError(.invalidOption, "this is no device of libavdevice", location: location.redacted)
    }
  }

  // MARK: - Cameras

  private static func camera(
    _ location: DeviceLocation, _ options: InputOptions, _ interruption: InputInterruption
  ) throws(IngestError) -> (any CaptureReader, InputDescription) {
    let path = location.name
    let (offered, setting) = try ask(path, location)
    let choice = try V4L2Choice(offered: offered, setting: setting, asked: location)
    var settings = Options()
    if let format = choice.format { settings.set("input_format", format) }
    if let size = location.size { settings.set("video_size", size.text) }
    if let rate = location.frameRate { settings.set("framerate", rate.text) }
    let format: FormatContext
    do throws(IngestError) {
      format = try FormatContext(
        device: "v4l2", url: path, settings: settings, options: options, interruption: interruption,
        location: location.redacted)
    } catch {
      throw refine(error, location)
    }
    var description = describe(format, location)
    if !description.streams.isEmpty { note(&description.streams[0], location, offered: offered) }
    return (CameraReader(format), description)
  }

  /// What the camera offers and is set to, and whether it can be had at all.
  private static func ask(
    _ path: String, _ location: DeviceLocation
  ) throws(IngestError) -> ([V4L2Format], V4L2Device.Setting?) {
    let device = try V4L2Device(path: path, location: location.redacted)
    guard device.identity.captures, device.identity.streams else {
      throw IngestError(
        .unusable,
        device.identity.captures
          ? "the camera's driver does not give its pictures in buffers"
          : "this device gives no pictures: it is another part of '\(device.identity.card)'",
        location: location.redacted, remedy: "'braid devices' lists the cameras.")
    }
    guard !device.isBusy else { throw V4L2Device.busy(path, location.redacted) }
    return (device.formats(), device.setting)
  }

  /// What libavdevice's status means of a camera, which was there a moment ago.
  private static func refine(_ error: IngestError, _ location: DeviceLocation) -> IngestError {
    for reason in [EBUSY, ENODEV, ENOENT, EACCES, EPERM] where error.cause == FFmpegCall.text(-reason) {
      return V4L2Device.error(opening: location.name, reason, location.redacted)
    }
    guard error.cause == FFmpegCall.text(-EINVAL) else { return error }
    return IngestError(
      .formatRefused, "the camera refused the settings", location: location.redacted,
      remedy: "Leave out size, rate or format, or take what 'braid devices' lists.", cause: error.cause)
  }

  // MARK: - Screens

  /// As libavdevice's own default.
  private static let screenRate = DeviceLocation.FrameRate(numerator: 30000, denominator: 1001)

  private static func screen(
    _ location: DeviceLocation, _ options: InputOptions, _ interruption: InputInterruption
  ) throws(IngestError) -> (any CaptureReader, InputDescription) {
    var settings = Options()
    settings.set("framerate", ScreenReader.unpaced)
    if let size = location.size { settings.set("video_size", size.text) }
    let format: FormatContext
    do throws(IngestError) {
      format = try FormatContext(
        device: "x11grab", url: location.name, settings: settings, options: options, interruption: interruption,
        location: location.redacted)
    } catch {
      throw Screens.refine(error, location)
    }
    let rate = location.frameRate ?? screenRate
    var description = describe(format, location)
    if !description.streams.isEmpty {
      description.streams[0].video?.averageFrameRate = rate.text
      description.streams[0].video?.baseFrameRate = rate.text
    }
    let interval = MediaDuration(
      nanoseconds: TimeBase(numerator: Int64(rate.denominator), denominator: Int64(rate.numerator)).nanoseconds(1))
    return (ScreenReader(format, interval: interval), description)
  }

  // MARK: - Generators

  private static func generator(
    _ location: DeviceLocation, _ options: InputOptions, _ interruption: InputInterruption
  ) throws(IngestError) -> (any CaptureReader, InputDescription) {
    let format: FormatContext
    do throws(IngestError) {
      format = try FormatContext(
        device: "lavfi", url: location.name, settings: Options(), options: options, interruption: interruption,
        location: location.redacted)
    } catch {
      throw IngestError(
        .unusable, "FFmpeg does not accept this graph", location: location.redacted,
        remedy: "Try it with 'ffplay -f lavfi GRAPH'. Several outputs are named [out0], [out1].", cause: error.cause)
    }
    var description = describe(format, location)
    let reader = GeneratorReader(format)
    for index in description.streams.indices {
      guard let rate = reader.rate(of: index) else { continue }
      description.streams[index].video?.averageFrameRate = "\(rate.numerator)/\(rate.denominator)"
      description.streams[index].video?.baseFrameRate = "\(rate.numerator)/\(rate.denominator)"
    }
    return (reader, description)
  }

  // MARK: - What came out

  private static func describe(_ format: borrowing FormatContext, _ location: DeviceLocation) -> InputDescription {
    var description = format.describe(
      uri: location.uri, redacted: location.redacted, isLive: true, keepsTime: true)
    description.oddities = []
    for index in description.streams.indices { description.streams[index].oddities.removeAll { $0 == "no start time" } }
    return description
  }

  /// Says where the camera gives something else than was asked.
  private static func note(_ stream: inout StreamDescription, _ location: DeviceLocation, offered: [V4L2Format]) {
    guard let video = stream.video else { return }
    if let size = location.size, (video.width, video.height) != (size.width, size.height) {
      stream.oddities.append("the camera gives \(video.width)x\(video.height) instead of \(size.text)")
    }
    if let rate = location.frameRate {
      let asked = Double(rate.numerator) / Double(rate.denominator)
      let parts = (video.averageFrameRate ?? "").split(separator: "/").compactMap { Double($0) }
      if parts.count == 2, parts[1] > 0 {
        let got = parts[0] / parts[1]
        if abs(got - asked) >= 0.05 {
          stream.oddities.append(
            "the camera gives \(V4L2Format.text(rate: got)) pictures a second instead of \(V4L2Format.text(rate: asked))"
          )
        }
      } else {
        stream.oddities.append("the camera does not say how many pictures a second it gives")
      }
    }
    if let name = location.pictureFormat, let format = offered.first(where: { $0.isMeant(by: name) }),
      let got = format.name,
      got != stream.codec, got != video.pixelFormat
    {
      stream.oddities.append(
        "the camera gives \(stream.codec == "rawvideo" ? video.pixelFormat : stream.codec) instead of \(got)")
    }
  }
}
