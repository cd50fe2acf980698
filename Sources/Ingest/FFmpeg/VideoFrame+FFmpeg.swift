import BraidCore
import CFFmpeg

/// The pixel format of a stream's pictures, looked up again only when it changes.
struct PictureFormatCache {
  private var known: (code: Int32, range: Int32, value: PixelFormat)?

  /// FFmpeg's format `code` with a range.
  mutating func format(_ code: Int32, _ range: AVColorRange) -> PixelFormat {
    let number = Int32(bitPattern: range.rawValue)
    if let known, known.code == code, known.range == number { return known.value }
    let format = PixelFormat(code: code, range: range)
    known = (code, number, format)
    return format
  }
}

extension VideoFrame {
  /// A decoded frame, whose planes stay where they are.
  @unsafe
  init(
    _ frame: UnsafeMutablePointer<AVFrame>, _ owner: FrameOwner, time: MediaTime, duration: MediaDuration, epoch: Int,
    number: Int, _ formats: inout PictureFormatCache
  ) {
    let format = unsafe formats.format(frame.pointee.format, frame.pointee.color_range)
    let (data, line) = unsafe (frame.pointee.data, frame.pointee.linesize)
    func plane(_ base: UnsafeMutablePointer<UInt8>?, _ stride: Int32) -> VideoFrame.Plane {
      unsafe VideoFrame.Plane(base: UnsafeRawPointer(base), stride: Int(stride))
    }
    unsafe self.init(
      time: time, duration: duration, captured: nil, epoch: epoch, number: number, width: Int(frame.pointee.width),
      height: Int(frame.pointee.height), format: format,
      colorSpace: Int32(bitPattern: frame.pointee.colorspace.rawValue),
      planes: (
        plane(data.0, line.0), plane(data.1, line.1), plane(data.2, line.2), plane(data.3, line.3)
      ), byteCount: owner.byteCount, owner: owner)
  }
}
