import BraidCore
import BraidMedia

/// Memory of a made-up picture, padded as FFmpeg's are.
@safe
final class PictureMemory: @unchecked Sendable {
  // SAFETY: written in `init` alone.
  let base: UnsafeMutablePointer<UInt8>
  let stride: Int
  let rows: Int

  init(stride: Int, rows: Int, _ value: (_ row: Int, _ byte: Int) -> UInt8) {
    self.stride = (stride + 63) / 64 * 64 + 64
    self.rows = rows
    unsafe base = .allocate(capacity: self.stride * (rows + 2))
    unsafe base.initialize(repeating: 0, count: self.stride * (rows + 2))
    for row in 0..<rows {
      for byte in 0..<stride { unsafe base[row * self.stride + byte] = value(row, byte) }
    }
  }

  deinit { unsafe base.deallocate() }

  var plane: VideoFrame.Plane { unsafe VideoFrame.Plane(base: UnsafeRawPointer(base), stride: stride) }
}

/// Keeps several planes alive.
final class Planes: Sendable {
  let all: [PictureMemory]
  init(_ all: [PictureMemory]) { self.all = all }
}

enum Pictures {
  // FFmpeg's numbers (libavutil/pixfmt.h, unchanged since 2011).
  static let yuv420p: Int32 = 0
  static let rgb24: Int32 = 2
  static let gray: Int32 = 8

  static func yuv(
    _ width: Int, _ height: Int, full: Bool = false, colorSpace: Int32 = 2, y: (Int, Int) -> UInt8,
    u: UInt8 = 128, v: UInt8 = 128
  ) -> VideoFrame {
    let (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2)
    let planes = Planes([
      PictureMemory(stride: width, rows: height) { y($1, $0) },
      PictureMemory(stride: halfWidth, rows: halfHeight) { _, _ in u },
      PictureMemory(stride: halfWidth, rows: halfHeight) { _, _ in v },
    ])
    let format = PixelFormat(
      name: "yuv420p", code: yuv420p, planeCount: 3, hasByteLumaPlane: true, isFullRange: full)
    return unsafe VideoFrame(
      time: .zero, duration: .zero, captured: nil, epoch: 0, number: 0, width: width, height: height, format: format,
      colorSpace: colorSpace, planes: (planes.all[0].plane, planes.all[1].plane, planes.all[2].plane, .none),
      byteCount: width * height * 3 / 2, owner: planes)
  }

  static func rgb(_ width: Int, _ height: Int, _ pixel: (Int, Int) -> (UInt8, UInt8, UInt8)) -> VideoFrame {
    let memory = PictureMemory(stride: width * 3, rows: height) { row, byte in
      let value = pixel(byte / 3, row)
      return byte % 3 == 0 ? value.0 : byte % 3 == 1 ? value.1 : value.2
    }
    let format = PixelFormat(name: "rgb24", code: rgb24, planeCount: 1, hasByteLumaPlane: false, isFullRange: true)
    return unsafe VideoFrame(
      time: .zero, duration: .zero, captured: nil, epoch: 0, number: 0, width: width, height: height, format: format,
      colorSpace: 0, planes: (memory.plane, .none, .none, .none), byteCount: width * height * 3, owner: memory)
  }

  static func scale(_ frame: VideoFrame, _ width: Int, _ height: Int, _ layout: PictureScaler.Layout) throws -> [UInt8]
  {
    var scaler = try PictureScaler(width: width, height: height, layout: layout)
    var bytes = [UInt8](repeating: 77, count: scaler.byteCount)
    var span = bytes.mutableSpan
    try scaler.scale(frame, into: &span)
    return bytes
  }
}
