public import BraidCore
import CScale

/// Scales pictures of any format to planes of gray, RGB or YCbCr bytes of one size. Wraps libswscale.
///
/// The picture is stretched to the whole of the target: by averaging over areas when it gets smaller in both directions,
/// bilinearly otherwise. Arithmetic is the library's bit-exact one on one thread, so equal pictures give equal bytes.
/// Flat areas keep their value to 1 (the library dithers what has more than 8 bits), to 2 when a side shrinks by more than
/// 128 (the library's coefficients have 14 bits). The colour matrix is the frame's, BT.601 where it names none (as FFmpeg
/// does); the range is the frame's, the result's is full.
///
/// One owner, one thread at a time. Allocates: only when the format or the size of the input changes.
@safe
public struct PictureScaler: ~Copyable, @unchecked Sendable {
  // SAFETY: the context and the memory are owned by this one value and are never handed out.

  /// What the planes of the result are, each of a byte a pixel, one after the other.
  public enum Layout: Hashable, Sendable {
    /// One: luma, 0 (black) to 255 (white).
    case gray
    /// Three: red, green, blue, each 0 to 255. Planes, because the library writes those several times as fast as pixels.
    case rgb
    /// Three: luma, Cb, Cr, each 0 to 255, chroma 128 where there is no colour. The matrix is the frame's own, so that nothing is
    /// turned into RGB on the way; BT.601 for frames of RGB.
    case yCbCr

    /// How many planes.
    public var planeCount: Int { self == .gray ? 1 : 3 }
  }

  private struct Source: Equatable {
    var width: Int
    var height: Int
    /// Whether it is a part of a picture.
    var isPart: Bool
    var format: Int32
    var colorSpace: Int32
    var isFullRange: Bool
  }

  /// Pixels across of the result.
  public let width: Int
  /// Pixels down of the result.
  public let height: Int
  /// What the planes of the result are.
  public let layout: Layout

  private var context: OpaquePointer?
  private var source: Source?
  /// Whether the first plane is scaled alone, and its range is stretched afterwards.
  private var takesLumaAlone = false
  private var stretchesRange = false
  // libswscale writes whole vectors past the end of a row: it gets rows of its own, padded.
  private let rows: UnsafeMutableRawPointer
  private let rowBytes: Int
  private let planes: UnsafeMutablePointer<UnsafePointer<UInt8>?>
  private let strides: UnsafeMutablePointer<Int32>
  private let fullRange: [UInt8]

  /// A scaler to `width` x `height`, each 1 to 16384.
  ///
  /// - Throws: ``MediaError/Code/invalidSetting``.
  public init(width: Int, height: Int, layout: Layout) throws(MediaError) {
    guard (1...16384).contains(width), (1...16384).contains(height) else {
      throw MediaError(
        .invalidSetting, "a picture of \(width) x \(height) cannot be made", location: "scaler",
        remedy: "Give a width and a height from 1 to 16384.")
    }
    LibraryLog.silence()
    self.width = width
    self.height = height
    self.layout = layout
    let rowCount = layout.planeCount * height
    rowBytes = (width + 63) / 64 * 64 + 64
    unsafe rows = .allocate(byteCount: rowBytes * (rowCount + 1), alignment: 64)
    unsafe rows.initializeMemory(as: UInt8.self, repeating: 0, count: rowBytes * (rowCount + 1))
    unsafe planes = .allocate(capacity: 4)
    unsafe planes.initialize(repeating: nil, count: 4)
    unsafe strides = .allocate(capacity: 4)
    unsafe strides.initialize(repeating: 0, count: 4)
    fullRange = (0...255).map { UInt8(clamping: (($0 - 16) * 510 + 219).flooredQuotient(by: 438)) }
  }

  deinit {
    unsafe sws_freeContext(context)
    unsafe rows.deallocate()
    unsafe planes.deallocate()
    unsafe strides.deallocate()
  }

  /// Bytes of a result: `planes * height * width`.
  public var byteCount: Int { width * height * layout.planeCount }

  /// Writes the picture, or a part of it, to the first ``byteCount`` bytes of `destination`, `[planes, height, width]`, without
  /// padding.
  ///
  /// The frame's rows must be padded as FFmpeg's are (the library reads whole vectors).
  /// - Parameters:
  ///   - frame: the picture.
  ///   - region: the part that is stretched to the whole of the target; it must lie within the picture. Where pixels share
  ///     colour its left and upper edge are best even. Nil for the whole picture.
  ///   - destination: where bytes go.
  ///   - first: the byte of `destination` that the first one goes to.
  ///   - step: bytes from one row to the next in `destination`; nil where they follow each other.
  ///   - planeStep: bytes from one plane to the next in `destination`; nil where they follow each other.
  /// - Throws: ``MediaError/Code/bufferTooSmall``, ``MediaError/Code/unsupportedConversion`` (of parts also for formats with
  ///   several pixels in a byte), ``MediaError/Code/conversionFailed``; the scaler can be used again after each.
  public mutating func scale(
    _ frame: VideoFrame, region: PictureRegion? = nil, into destination: inout MutableSpan<UInt8>, from first: Int = 0,
    rowBytes step: Int? = nil, planeBytes planeStep: Int? = nil
  ) throws(MediaError) {
    let step = step ?? width
    let planeStep = planeStep ?? step * height
    guard first >= 0, step >= width, planeStep >= step * (height - 1) + width,
      destination.count >= first + (layout.planeCount - 1) * planeStep + (height - 1) * step + width
    else {
      throw MediaError(
        .bufferTooSmall, "\(destination.count) bytes are too few for \(byteCount)", location: "scaler")
    }
    if let region { try check(region, of: frame) }
    try prepare(for: frame, region)
    try convert(frame, region)
    unsafe destination.withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      for row in 0..<layout.planeCount * height {
        let line = unsafe rows.advanced(by: row * rowBytes).assumingMemoryBound(to: UInt8.self)
        let place = first + row / height * planeStep + row % height * step
        if stretchesRange {
          for column in 0..<width { unsafe base[place + column] = fullRange[Int(line[column])] }
        } else {
          unsafe base.advanced(by: place).update(from: line, count: width)
        }
      }
    }
  }

  private func convert(_ frame: VideoFrame, _ region: PictureRegion?) throws(MediaError) {
    unsafe planes[0] = frame.planes.0.base?.assumingMemoryBound(to: UInt8.self)
    unsafe planes[1] = takesLumaAlone ? nil : frame.planes.1.base?.assumingMemoryBound(to: UInt8.self)
    unsafe planes[2] = takesLumaAlone ? nil : frame.planes.2.base?.assumingMemoryBound(to: UInt8.self)
    unsafe planes[3] = takesLumaAlone ? nil : frame.planes.3.base?.assumingMemoryBound(to: UInt8.self)
    unsafe strides[0] = Int32(clamping: frame.planes.0.stride)
    unsafe strides[1] = takesLumaAlone ? 0 : Int32(clamping: frame.planes.1.stride)
    unsafe strides[2] = takesLumaAlone ? 0 : Int32(clamping: frame.planes.2.stride)
    unsafe strides[3] = takesLumaAlone ? 0 : Int32(clamping: frame.planes.3.stride)
    guard unsafe planes[0] != nil else {
      throw MediaError(.conversionFailed, "the frame has no pixels", location: "scaler")
    }
    if let region { moveToPart(region, of: frame) }
    // The library's order of red, green and blue is green, blue, red.
    let order = layout == .rgb ? (1, 2, 0) : (0, 1, 2)
    let planeBytes = height * rowBytes
    let isOne = layout == .gray
    var targets:
      (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) =
        unsafe (
          rows.advanced(by: order.0 * planeBytes), isOne ? nil : rows.advanced(by: order.1 * planeBytes),
          isOne ? nil : rows.advanced(by: order.2 * planeBytes), nil
        )
    let step = Int32(rowBytes)
    var targetStride: (Int32, Int32, Int32, Int32) = (step, isOne ? 0 : step, isOne ? 0 : step, 0)
    let written = unsafe withUnsafeMutableBytes(of: &targets) { targets in
      unsafe withUnsafeMutableBytes(of: &targetStride) { targetStride in
        unsafe sws_scale(
          context, planes, strides, 0, Int32(clamping: region?.height ?? frame.height),
          targets.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self).baseAddress,
          targetStride.assumingMemoryBound(to: Int32.self).baseAddress)
      }
    }
    guard written == Int32(height) else {
      throw MediaError(
        .conversionFailed, "scaling gave \(written) of \(height) rows", location: "scaler", status: min(0, written))
    }
  }

  /// Begins a plane so many rows and bytes further on.
  func movePlane(_ plane: Int, by rows: Int, _ bytes: Int) {
    unsafe planes[plane] = planes[plane]?.advanced(by: rows * Int(strides[plane]) + bytes)
  }

  /// Makes the library's context fit the frame, if it does not yet.
  private mutating func prepare(for frame: VideoFrame, _ region: PictureRegion?) throws(MediaError) {
    let wanted = Source(
      width: region?.width ?? frame.width, height: region?.height ?? frame.height, isPart: region != nil,
      format: frame.format.code, colorSpace: frame.colorSpace,
      isFullRange: frame.format.isFullRange)
    if wanted == source { return }
    source = nil
    unsafe sws_freeContext(context)
    unsafe context = nil
    takesLumaAlone = layout == .gray && frame.format.hasByteLumaPlane
    stretchesRange = takesLumaAlone && !frame.format.isFullRange
    let format =
      takesLumaAlone ? AV_PIX_FMT_GRAY8 : Self.withoutRange(AVPixelFormat(rawValue: frame.format.code))
    let shrinks = width <= wanted.width && height <= wanted.height
    let flags =
      (shrinks ? SWS_AREA : SWS_BILINEAR) | SWS_ACCURATE_RND | SWS_BITEXACT | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP
    if layout == .yCbCr {
      unsafe context = planarContext(wanted, format, flags)
    } else {
      unsafe context = sws_getContext(
        Int32(clamping: wanted.width), Int32(clamping: wanted.height), format, Int32(width), Int32(height),
        layout.format, flags, nil, nil, nil)
    }
    guard unsafe context != nil else {
      throw MediaError(
        .unsupportedConversion,
        "libswscale cannot turn \(frame.format.name) of \(frame.width) x \(frame.height) into \(width) x \(height)",
        location: "scaler", remedy: "Convert the input to a common pixel format first, with ffmpeg for example.")
    }
    // RGB has no matrix, and the library takes BT.709 for that code.
    let isUnnamed = frame.colorSpace == 2 || (layout == .yCbCr && frame.colorSpace == 0)
    let matrix = isUnnamed ? SWS_CS_DEFAULT : frame.colorSpace
    let full = takesLumaAlone || frame.format.isFullRange
    let target = layout == .yCbCr ? matrix : SWS_CS_DEFAULT
    // A refusal means that neither side is YUV and there is nothing to set.
    _ = unsafe sws_setColorspaceDetails(
      context, sws_getCoefficients(matrix), full ? 1 : 0, sws_getCoefficients(target), 1, 0, 1 << 16, 1 << 16)
    source = wanted
  }

  /// A context that knows both ranges before it is made ready: told afterwards, it would not stretch the range of more
  /// than 8 bits.
  private func planarContext(_ source: Source, _ format: AVPixelFormat, _ flags: Int32) -> OpaquePointer? {
    guard let context = unsafe sws_alloc_context() else { return nil }
    let options: [(String, Int)] = [
      ("srcw", source.width), ("srch", source.height), ("src_format", Int(format.rawValue)),
      ("src_range", source.isFullRange ? 1 : 0), ("dstw", width), ("dsth", height),
      ("dst_format", Int(layout.format.rawValue)), ("dst_range", 1), ("sws_flags", Int(flags)),
    ]
    for (name, value) in options {
      _ = unsafe av_opt_set_int(UnsafeMutableRawPointer(context), name, Int64(value), 0)
    }
    if unsafe sws_init_context(context, nil, nil) >= 0 { return unsafe context }
    unsafe sws_freeContext(context)
    return nil
  }

  /// The format without the range that the `yuvj` names carry; the range is given apart.
  static func withoutRange(_ format: AVPixelFormat) -> AVPixelFormat {
    switch format {
    case AV_PIX_FMT_YUVJ420P: AV_PIX_FMT_YUV420P
    case AV_PIX_FMT_YUVJ422P: AV_PIX_FMT_YUV422P
    case AV_PIX_FMT_YUVJ444P: AV_PIX_FMT_YUV444P
    case AV_PIX_FMT_YUVJ440P: AV_PIX_FMT_YUV440P
    case AV_PIX_FMT_YUVJ411P: AV_PIX_FMT_YUV411P
    default: format
    }
  }
}

extension PictureScaler.Layout {
  fileprivate var format: AVPixelFormat {
    switch self {
    case .gray: AV_PIX_FMT_GRAY8
    case .rgb: AV_PIX_FMT_GBRP
    case .yCbCr: AV_PIX_FMT_YUV444P
    }
  }
}

extension Int {
  fileprivate func flooredQuotient(by divisor: Int) -> Int {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
