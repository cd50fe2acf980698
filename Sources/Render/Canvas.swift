public import BraidCore
public import BraidMedia
import CCairo

/// Pixels to draw on: a picture, and what was found in it on top. Wraps Cairo.
///
/// One owner, one thread at a time. Allocates: in Cairo, while it draws.
@safe
public struct Canvas: ~Copyable, @unchecked Sendable {
  // SAFETY: the memory and the surface over it are owned by this one value and are never handed out.

  /// Pixels across.
  public let width: Int
  /// Pixels down.
  public let height: Int
  let stride: Int
  let base: UnsafeMutableRawPointer
  private let surface: OpaquePointer?
  private var context: OpaquePointer?
  private var converter: FilmConverter

  /// A canvas of `width` x `height`, each even, 2 to 16384.
  ///
  /// - Throws: ``MediaError/Code/invalidSetting``.
  public init(width: Int, height: Int) throws(MediaError) {
    let converter = try FilmConverter(width: width, height: height)
    let stride = (4 * width + 63) / 64 * 64
    let base = UnsafeMutableRawPointer.allocate(byteCount: stride * height + 64, alignment: 64)
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: stride * height + 64)
    let surface = unsafe cairo_image_surface_create_for_data(
      base.assumingMemoryBound(to: UInt8.self), CAIRO_FORMAT_RGB24, Int32(width), Int32(height), Int32(stride))
    self.converter = converter
    self.width = width
    self.height = height
    self.stride = stride
    unsafe self.base = base
    unsafe self.surface = surface
    unsafe context = Self.context(on: surface, height: height)
  }

  /// Cairo gives objects that do nothing where it has no memory, never none.
  private static func context(on surface: OpaquePointer?, height: Int) -> OpaquePointer? {
    let context = unsafe cairo_create(surface)
    unsafe cairo_select_font_face(context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD)
    unsafe cairo_set_font_size(context, fontSize(height))
    return unsafe context
  }

  deinit {
    unsafe cairo_destroy(context)
    unsafe cairo_surface_destroy(surface)
    unsafe base.deallocate()
  }

  /// Width of a box's lines, in pixels.
  public var lineWidth: Double { Double(max(2, height / 180)) }
  private var fontSize: Double { Self.fontSize(height) }
  private static func fontSize(_ height: Int) -> Double { Double(max(11, height / 28)) }

  /// Shows a picture with what was found in it.
  ///
  /// - Throws: what ``FilmConverter`` says; `conversion-failed` where Cairo cannot draw: the next picture begins anew.
  public mutating func show(_ frame: VideoFrame, _ overlay: Overlay) throws(MediaError) {
    unsafe cairo_surface_flush(surface)
    try unsafe converter.draw(frame, to: base, stride: stride)
    unsafe cairo_surface_mark_dirty(surface)
    if !overlay.wave.isEmpty { draw(overlay.wave) }
    for box in overlay.boxes { draw(box) }
    var top = fontSize * 0.4
    for line in overlay.events {
      label(line, x: fontSize * 0.4, top: top, red: 0, green: 0, blue: 0, alpha: 0.6, isDark: false)
      top += fontSize * 1.5
    }
    top = fontSize * 0.4
    for line in overlay.figures {
      label(
        line, x: Double(width) - fontSize * 0.9 - length(of: line), top: top, red: 0, green: 0, blue: 0, alpha: 0.6,
        isDark: false)
      top += fontSize * 1.5
    }
    unsafe cairo_surface_flush(surface)
    // Once anything has failed a context draws nothing any more.
    let status = unsafe cairo_status(context)
    guard status == CAIRO_STATUS_SUCCESS else {
      unsafe cairo_destroy(context)
      unsafe context = Self.context(on: surface, height: height)
      throw MediaError(
        .conversionFailed, "what was found cannot be drawn", location: "film",
        cause: unsafe String(cString: cairo_status_to_string(status)))
    }
  }

  /// Writes what is shown as an encoder takes it; see ``FilmConverter``.
  @unsafe
  func encode(to planes: [UnsafeMutablePointer<UInt8>?], strides: [Int32]) throws(MediaError) {
    try unsafe converter.encode(base, stride: stride, to: planes, strides: strides)
  }

  /// Red, green and blue, 0 to 255, of a pixel that lies within.
  public func pixel(x: Int, y: Int) -> (red: UInt8, green: UInt8, blue: UInt8) {
    precondition(x >= 0 && x < width && y >= 0 && y < height)
    let value = unsafe base.load(fromByteOffset: y * stride + 4 * x, as: UInt32.self)
    return (UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
  }

  // MARK: Parts

  private func draw(_ box: Overlay.Box) {
    guard [box.x, box.y, box.width, box.height].allSatisfy(\.isFinite) else { return }
    let color = Overlay.color(box.color)
    let alpha = box.isOld ? 0.4 : 1.0
    // Within the picture and a little more, whatever the model says.
    func pixels(_ part: Float, _ side: Int) -> Double { Double(max(-1, min(2, part))) * Double(side) }
    let (left, top) = (pixels(box.x, width), pixels(box.y, height))
    unsafe cairo_set_source_rgba(context, color.red, color.green, color.blue, alpha)
    unsafe cairo_set_line_width(context, lineWidth)
    unsafe cairo_rectangle(context, left, top, pixels(box.width, width), pixels(box.height, height))
    unsafe cairo_stroke(context)
    for point in box.points where point.x.isFinite && point.y.isFinite {
      unsafe cairo_arc(context, pixels(point.x, width), pixels(point.y, height), lineWidth * 1.5, 0, 2 * Double.pi)
      unsafe cairo_fill(context)
    }
    guard !box.title.isEmpty else { return }
    let high = fontSize * 1.4
    // Above the box, within it where there is no room.
    label(
      box.title, x: max(0, left - lineWidth / 2), top: top - high >= 0 ? top - high : max(0, top), red: color.red,
      green: color.green, blue: color.blue, alpha: alpha, isDark: true)
  }

  /// As much of a text as a picture has room for: models may have labels of any length.
  private static func shown(_ text: String) -> String { String(text.unicodeScalars.prefix(200)) }

  private func length(of text: String) -> Double {
    var extents = cairo_text_extents_t()
    unsafe cairo_text_extents(context, Self.shown(text), &extents)
    return extents.x_advance
  }

  private func label(
    _ text: String, x: Double, top: Double, red: Double, green: Double, blue: Double, alpha: Double, isDark: Bool
  ) {
    unsafe cairo_set_source_rgba(context, red, green, blue, alpha)
    unsafe cairo_rectangle(context, x, top, length(of: text) + fontSize * 0.5, fontSize * 1.4)
    unsafe cairo_fill(context)
    let tone = isDark ? 0.0 : 1.0
    unsafe cairo_set_source_rgba(context, tone, tone, tone, max(alpha, 0.9))
    unsafe cairo_move_to(context, x + fontSize * 0.25, top + fontSize * 1.05)
    unsafe cairo_show_text(context, Self.shown(text))
  }

  private func draw(_ wave: [(low: Float, high: Float)]) {
    let band = Double(height) / 8
    let middle = Double(height) - band / 2
    unsafe cairo_set_source_rgba(context, 0, 0, 0, 0.45)
    unsafe cairo_rectangle(context, 0, Double(height) - band, Double(width), band)
    unsafe cairo_fill(context)
    let step = Double(width) / Double(wave.count)
    unsafe cairo_set_source_rgba(context, 1, 1, 1, 0.9)
    unsafe cairo_set_line_width(context, max(1, step * 0.7))
    for (place, part) in wave.enumerated() {
      let (low, high) = (Double(max(-1, min(1, part.low))), Double(max(-1, min(1, part.high))))
      guard low.isFinite, high.isFinite else { continue }
      let x = (Double(place) + 0.5) * step
      unsafe cairo_move_to(context, x, middle - high * band / 2 - 0.5)
      unsafe cairo_line_to(context, x, middle - low * band / 2 + 0.5)
    }
    unsafe cairo_stroke(context)
  }
}
