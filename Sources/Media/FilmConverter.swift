public import BraidCore
import CScale

/// Converts pictures of any format to pixels that can be drawn on, and those to what video encoders take. Wraps libswscale.
///
/// What is drawn on has four bytes a pixel in the machine's order, `0x00RRGGBB` as a number, full range; what encoders take is three
/// planes, luma at the full size, Cb and Cr at half of it both ways (`yuv420p`), in the studio range by BT.709's matrix. The picture is
/// stretched to the whole of the size. Bit-exact, on one thread.
///
/// One owner, one thread at a time. Allocates: only when the format or the size of the input changes.
@safe
public struct FilmConverter: ~Copyable, @unchecked Sendable {
  // SAFETY: the contexts are owned by this one value and are never handed out.

  private struct Source: Equatable {
    var width: Int
    var height: Int
    var format: Int32
    var colorSpace: Int32
    var isFullRange: Bool
  }

  /// Pixels across, even.
  public let width: Int
  /// Pixels down, even.
  public let height: Int
  private var source: Source?
  private var drawing: OpaquePointer?
  private let encoding: OpaquePointer

  /// A converter to `width` x `height`, each even, 2 to 16384.
  ///
  /// - Throws: ``MediaError/Code/invalidSetting``.
  public init(width: Int, height: Int) throws(MediaError) {
    let sides = 2...16384
    guard sides.contains(width), sides.contains(height), width % 2 == 0, height % 2 == 0,
      let context = unsafe sws_getContext(
        Int32(width), Int32(height), AV_PIX_FMT_BGR0, Int32(width), Int32(height), AV_PIX_FMT_YUV420P,
        SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INP, nil, nil, nil)
    else {
      throw MediaError(
        .invalidSetting, "a film of \(width) x \(height) cannot be made", location: "film",
        remedy: "Give an even width and an even height from 2 to 16384.")
    }
    LibraryLog.silence()
    _ = unsafe sws_setColorspaceDetails(
      context, sws_getCoefficients(SWS_CS_DEFAULT), 1, sws_getCoefficients(SWS_CS_ITU709), 0, 0, 1 << 16, 1 << 16)
    unsafe encoding = context
    self.width = width
    self.height = height
  }

  deinit {
    unsafe sws_freeContext(drawing)
    unsafe sws_freeContext(encoding)
  }

  /// Writes the picture as pixels to draw on.
  ///
  /// - Parameters:
  ///   - frame: the picture, whose rows must be padded as FFmpeg's are.
  ///   - base: `height` rows; the library may write 64 bytes behind the last.
  ///   - stride: bytes from one row to the next, at least `4 * width`.
  /// - Throws: ``MediaError/Code/unsupportedConversion``, ``MediaError/Code/conversionFailed``.
  @unsafe
  public mutating func draw(
    _ frame: VideoFrame, to base: UnsafeMutableRawPointer, stride: Int
  ) throws(MediaError) {
    try prepare(for: frame)
    guard let drawing = unsafe drawing else { return }
    let from = unsafe frame.planes
    let sources = unsafe [from.0.base, from.1.base, from.2.base, from.3.base].map {
      unsafe $0?.assumingMemoryBound(to: UInt8.self)
    }
    let steps = unsafe [from.0.stride, from.1.stride, from.2.stride, from.3.stride].map { Int32(clamping: $0) }
    let targets: [UnsafeMutablePointer<UInt8>?] = unsafe [base.assumingMemoryBound(to: UInt8.self), nil, nil, nil]
    let written = unsafe sws_scale(
      drawing, sources, steps, 0, Int32(clamping: frame.height), targets, [Int32(clamping: stride), 0, 0, 0])
    try check(written)
  }

  /// Writes what was drawn as an encoder takes it.
  ///
  /// - Parameters:
  ///   - base: what was drawn on.
  ///   - stride: bytes from one of its rows to the next.
  ///   - planes: luma, Cb and Cr, with room as an encoder's own frames have it.
  ///   - strides: bytes from one row of each to the next.
  /// - Throws: ``MediaError/Code/conversionFailed``.
  @unsafe
  public func encode(
    _ base: UnsafeRawPointer, stride: Int, to planes: [UnsafeMutablePointer<UInt8>?], strides: [Int32]
  ) throws(MediaError) {
    let sources: [UnsafePointer<UInt8>?] = unsafe [base.assumingMemoryBound(to: UInt8.self), nil, nil, nil]
    let written = unsafe sws_scale(
      encoding, sources, [Int32(clamping: stride), 0, 0, 0], 0, Int32(height), planes, strides)
    try check(written)
  }

  private func check(_ written: Int32) throws(MediaError) {
    guard written == Int32(height) else {
      throw MediaError(
        .conversionFailed, "scaling gave \(written) of \(height) rows", location: "film", status: min(0, written))
    }
  }

  private mutating func prepare(for frame: VideoFrame) throws(MediaError) {
    let wanted = Source(
      width: frame.width, height: frame.height, format: frame.format.code, colorSpace: frame.colorSpace,
      isFullRange: frame.format.isFullRange)
    if wanted == source { return }
    source = nil
    unsafe sws_freeContext(drawing)
    let shrinks = width <= frame.width && height <= frame.height
    unsafe drawing = sws_getContext(
      Int32(clamping: frame.width), Int32(clamping: frame.height),
      PictureScaler.withoutRange(AVPixelFormat(rawValue: frame.format.code)), Int32(width), Int32(height),
      AV_PIX_FMT_BGR0,
      (shrinks ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
      nil, nil, nil)
    guard unsafe drawing != nil else {
      throw MediaError(
        .unsupportedConversion,
        "libswscale cannot turn \(frame.format.name) of \(frame.width) x \(frame.height) into \(width) x \(height)",
        location: "film", remedy: "Convert the input to a common pixel format first, with ffmpeg for example.")
    }
    let matrix = frame.colorSpace == 2 ? SWS_CS_DEFAULT : frame.colorSpace
    _ = unsafe sws_setColorspaceDetails(
      drawing, sws_getCoefficients(matrix), frame.format.isFullRange ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1,
      0, 1 << 16, 1 << 16)
    source = wanted
  }
}
