/// Which of a camera's formats is taken for what was asked.
struct V4L2Choice: Hashable, Sendable {
  /// libavdevice's name of the format; nil leaves it to libavdevice, where the driver lists nothing.
  var format: String?

  /// Chooses among what the camera offers.
  ///
  /// A format that was asked for is taken or refused. Without one, the present setting's is taken where it gives the size and
  /// rate asked for; then the first in the driver's order that does, uncompressed ones before compressed, because decoding
  /// takes time; then the first that gives the size; then the first at all. So `size=1280x720&rate=30` takes a webcam's
  /// Motion JPEG where its uncompressed pictures come at 10 a second.
  ///
  /// - Throws: ``IngestError/Code/formatRefused``, naming what is offered.
  init(
    offered: [V4L2Format], setting: V4L2Device.Setting?, asked location: DeviceLocation
  ) throws(IngestError) {
    let known = offered.filter { $0.name != nil }
    guard !known.isEmpty else {
      guard offered.isEmpty else {
        throw Self.refused("it gives no format that FFmpeg takes", offered, location)
      }
      format = location.pictureFormat
      return
    }
    if let name = location.pictureFormat {
      guard let format = known.first(where: { $0.isMeant(by: name) }) else {
        throw Self.refused("it does not give the format '\(name)'", known, location)
      }
      self.format = format.name
      return
    }
    let size = location.size.map { ($0.width, $0.height) }
    let rate = location.frameRate.map { Double($0.numerator) / Double($0.denominator) }
    let present = known.filter { $0.fourcc == setting?.fourcc }
    let ordered = present + known.filter { !$0.isCompressed } + known.filter(\.isCompressed)
    let choice =
      ordered.first { $0.takes(size: size, rate: rate) } ?? ordered.first { $0.takes(size: size, rate: nil) }
      ?? ordered.first
    format = choice?.name
  }

  private static func refused(_ message: String, _ offered: [V4L2Format], _ location: DeviceLocation) -> IngestError {
    let list = offered.map { format in format.name.map { "\($0) (\(format.fourcc))" } ?? format.fourcc }
      .joined(separator: ", ")
    return IngestError(
      .formatRefused, message, location: location.redacted,
      remedy: "It gives: \(list). 'braid devices' tells the sizes and rates of each.")
  }
}
