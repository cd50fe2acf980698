/// What a camera offers: a pixel format or codec, in some sizes, at some rates.
struct V4L2Format: Hashable, Sendable {
  /// A size of pictures, or a range of them where the driver takes any.
  struct Size: Hashable, Sendable {
    /// Pixels across; both ends are the same but in a range.
    var width: ClosedRange<Int>
    /// Pixels down.
    var height: ClosedRange<Int>
    /// Frames a second, the highest first; empty where the driver does not say.
    var rates: [Double]
    /// Whether every rate between the two of ``rates`` is offered.
    var takesAnyRate = false

    /// Whether pictures of this size can be had.
    func takes(width: Int, height: Int) -> Bool { self.width.contains(width) && self.height.contains(height) }

    /// Whether the rate can be had, to a twentieth of a frame: 29.97 is what `rate=30` means to some cameras.
    func takes(rate: Double) -> Bool {
      if rates.isEmpty { return true }
      if takesAnyRate, let highest = rates.first, let lowest = rates.last { return rate >= lowest && rate <= highest }
      return rates.contains { abs($0 - rate) < 0.05 }
    }
  }

  /// The code's four letters: `YUYV`.
  var fourcc: String
  /// What libavdevice calls it, a pixel format or a codec: `yuyv422`, `mjpeg`; nil where it does not take it.
  var name: String?
  /// The driver's words.
  var description: String
  /// Whether it is compressed.
  var isCompressed: Bool
  /// Sizes; empty where the driver does not say.
  var sizes: [Size]

  /// Whether a user who writes `text` means this format: libavdevice's name or the four letters, in any case.
  func isMeant(by text: String) -> Bool {
    name?.lowercased() == text.lowercased() || fourcc.lowercased() == text.lowercased()
  }

  /// Whether it can be had in this size at this rate, as far as the driver says; nil is anything.
  func takes(size: (width: Int, height: Int)?, rate: Double?) -> Bool {
    if sizes.isEmpty { return true }
    return sizes.contains { offered in
      size.map { offered.takes(width: $0.width, height: $0.height) } ?? true && rate.map(offered.takes) ?? true
    }
  }

  /// The letters of a code.
  static func letters(_ code: UInt32) -> String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }
    let text = String(decoding: bytes.map { $0 >= 32 && $0 < 127 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    return String(text.reversed().drop { $0 == " " }.reversed())
  }

  /// libavdevice's names: `ff_fmt_conversion_table` of its v4l2-common.c.
  static let names: [String: String] = [
    "YU12": "yuv420p", "YV12": "yuv420p", "422P": "yuv422p", "YUYV": "yuyv422", "UYVY": "uyvy422", "411P": "yuv411p",
    "YUV9": "yuv410p", "YVU9": "yuv410p", "RGBO": "rgb555le", "RGBQ": "rgb555be", "RGBP": "rgb565le",
    "RGBR": "rgb565be", "BGR3": "bgr24", "RGB3": "rgb24", "XR24": "bgr0", "BX24": "0rgb", "AR24": "bgra",
    "BA24": "argb", "BGR4": "bgr0", "RGB4": "0rgb", "GREY": "gray", "Y16": "gray16le", "Z16": "gray16le",
    "NV12": "nv12", "MJPG": "mjpeg", "JPEG": "mjpeg", "H264": "h264", "MPG4": "mpeg4", "CPIA": "cpia",
    "BA81": "bayer_bggr8", "GBRG": "bayer_gbrg8", "GRBG": "bayer_grbg8", "RGGB": "bayer_rggb8",
  ]
}
