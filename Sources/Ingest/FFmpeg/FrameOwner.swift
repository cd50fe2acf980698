import BraidCore
import CFFmpeg

/// The owner of an `AVFrame`: one decoded frame, whose pixels or samples stay where the decoder put them.
@safe
final class FrameOwner: @unchecked Sendable {
  // SAFETY: written by the input's thread while only its pool refers to it; read-only once a frame above refers to it.

  /// Null where there was no memory for it.
  let frame: UnsafeMutablePointer<AVFrame>?

  init() {
    unsafe frame = av_frame_alloc()
  }

  deinit {
    var frame = unsafe frame
    unsafe av_frame_free(&frame)
  }

  /// Bytes of the buffers that hold the pixels.
  var byteCount: Int {
    guard let frame = unsafe frame else { return 0 }
    let buffers = unsafe frame.pointee.buf
    func size(_ buffer: UnsafeMutablePointer<AVBufferRef>?) -> Int { unsafe buffer.map { unsafe $0.pointee.size } ?? 0 }
    return unsafe size(buffers.0) + size(buffers.1) + size(buffers.2) + size(buffers.3)
  }
}

extension PixelFormat {
  /// FFmpeg's format `code` with a range (`enum AVColorRange`); full where neither the range nor the kind of format says
  /// otherwise: RGB, palettes and gray.
  init(code: Int32, range: AVColorRange) {
    let format = AVPixelFormat(rawValue: code)
    let name = unsafe FFmpegCall.string(av_get_pix_fmt_name(format))
    guard let descriptor = unsafe av_pix_fmt_desc_get(format) else {
      self.init(name: name, code: code, planeCount: 1, hasByteLumaPlane: false, isFullRange: true)
      return
    }
    let flags = unsafe Int32(truncatingIfNeeded: descriptor.pointee.flags)
    let luma = unsafe descriptor.pointee.comp.0
    let isColor = flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL) != 0
    let isGray = unsafe descriptor.pointee.nb_components <= 2 && !isColor
    self.init(
      name: name, code: code, planeCount: max(1, Int(av_pix_fmt_count_planes(format))),
      hasByteLumaPlane: !isColor && flags & (AV_PIX_FMT_FLAG_BITSTREAM | AV_PIX_FMT_FLAG_HWACCEL) == 0
        && luma.plane == 0 && luma.step == 1 && luma.offset == 0 && luma.shift == 0 && luma.depth == 8,
      isFullRange: isColor || range == AVCOL_RANGE_JPEG || name.hasPrefix("yuvj")
        || (isGray && range == AVCOL_RANGE_UNSPECIFIED))
  }
}
