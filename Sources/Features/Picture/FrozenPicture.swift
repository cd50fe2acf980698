public import BraidCore
internal import CKernels

/// Whether the picture stands still (`frozen`), by the rule of FFmpeg's `freezedetect`: `[1 while it does, else 0; mean
/// absolute difference of all three planes to the reference, over 256]`. The first picture has no row.
///
/// The reference is the last picture that differed from the reference before it by more than `noise`. The picture stands
/// still when the reference is at least `duration` old and the difference still is not above `noise`.
public final class FrozenPicture: PictureFeature {
  static let definition = FeatureDefinition(
    "frozen", unit: "0..1", columns: ["frozen", "difference"],
    parameters: [
      FeatureParameter("noise", .number(0...1), standard: .number(0.001), "difference that is still none"),
      FeatureParameter("duration", .number(0...3600), standard: .number(2), unit: "s", "how long it must last"),
    ], "whether the picture stands still as FFmpeg's freezedetect has it, and its difference to when it last moved",
    maker: .picture { settings throws(FeatureError) in
      FrozenPicture(
        noise: settings.number("noise") ?? 0.001,
        duration: MediaDuration(nanoseconds: Int64((settings.number("duration") ?? 2) * 1e9)))
    })

  /// 2.
  public let dimension = 2
  private let noise: Double
  private let duration: MediaDuration
  private var reference: [UInt8] = []
  private var referenceFormat: PictureFormat?
  private var referenceTime = MediaTime.zero
  private let values = AlignedFloats(count: 2)

  /// A feature that has seen no picture; `noise` from 0 to 1, `duration` not negative.
  public init(noise: Double = 0.001, duration: MediaDuration = .milliseconds(2000)) {
    precondition((0...1).contains(noise) && duration >= .zero, "a noise from 0 to 1 and a duration")
    self.noise = noise
    self.duration = duration
  }

  /// Takes the next picture; see ``PictureFeature``.
  public func push(_ planes: Span<UInt8>, format: PictureFormat, time: MediaTime, row: (Span<Float>) -> Void) {
    let count = 3 * format.pixelCount
    guard format == referenceFormat else {
      reference = Array(repeating: 0, count: count)
      return take(planes, format, time)
    }
    let sum = unsafe format.withPlanes(planes) { luma, _, _ in
      unsafe braid_absolute_difference_u8(luma, reference, count)
    }
    let difference = Double(sum) / Double(count) / 256
    let isStill = difference <= noise
    unsafe values.base[0] = isStill && time - referenceTime >= duration ? 1 : 0
    unsafe values.base[1] = Float(difference)
    values.withSpan(2, row)
    if !isStill { take(planes, format, time) }
  }

  /// Forgets the reference.
  public func reset() { referenceFormat = nil }

  private func take(_ planes: Span<UInt8>, _ format: PictureFormat, _ time: MediaTime) {
    precondition(planes.count >= reference.count, "the planes are smaller than their picture")
    unsafe planes.withUnsafeBufferPointer { source in
      unsafe reference.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        unsafe to.update(from: from, count: target.count)
      }
    }
    referenceFormat = format
    referenceTime = time
  }
}
