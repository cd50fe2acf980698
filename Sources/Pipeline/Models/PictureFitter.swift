internal import BraidCore
internal import BraidMedia

/// Scales pictures, or parts of them, into pictures of one size: stretched, with their whole in it, or with their middle.
///
/// One owner, one thread at a time. Allocates: only when the size or the format of what comes changes.
struct PictureFitter: ~Copyable {
  let fit: PictureFit
  private let layout: PictureScaler.Layout
  private var scaler: PictureScaler

  /// - Throws: `MediaError`.
  init(_ fit: PictureFit, layout: PictureScaler.Layout) throws(MediaError) {
    self.fit = fit
    self.layout = layout
    scaler = try PictureScaler(width: fit.width, height: fit.height, layout: layout)
  }

  /// Writes a picture, or a part of it, to the first `planes · height · width` bytes of `destination`.
  ///
  /// - Throws: as `PictureScaler.scale`.
  mutating func scale(
    _ frame: VideoFrame, region: PictureRegion? = nil, into destination: inout MutableSpan<UInt8>
  ) throws(MediaError) {
    let place = fit.layout(of: region, in: frame.width, frame.height)
    let target = place.target
    if target.width != scaler.width || target.height != scaler.height {
      scaler = try PictureScaler(width: target.width, height: target.height, layout: layout)
    }
    if target.width == fit.width, target.height == fit.height {
      return try scaler.scale(frame, region: place.source, into: &destination)
    }
    let area = fit.width * fit.height
    if destination.count >= area * layout.planeCount {
      for plane in 0..<layout.planeCount {
        fill(plane * area, beside: target, with: fit.pad[plane % fit.pad.count], &destination)
      }
    }
    try scaler.scale(
      frame, region: place.source, into: &destination, from: target.y * fit.width + target.x, rowBytes: fit.width,
      planeBytes: area)
  }

  /// Fills what is beside the picture in the plane that begins at `base`.
  private func fill(
    _ base: Int, beside target: PictureRegion, with value: UInt8, _ destination: inout MutableSpan<UInt8>
  ) {
    for row in 0..<fit.height {
      let start = base + row * fit.width
      let isBeside = row < target.y || row >= target.y + target.height
      for column in 0..<(isBeside ? fit.width : target.x) { destination[start + column] = value }
      for column in (isBeside ? fit.width : target.x + target.width)..<fit.width { destination[start + column] = value }
    }
  }
}
