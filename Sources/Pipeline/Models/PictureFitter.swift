internal import BraidCore
internal import BraidMedia

/// Scales pictures, or parts of them, into pictures of one size: stretched, with their whole in it, or with their middle.
///
/// One owner, one thread at a time. Allocates: only when the size or the format of what comes changes.
struct PictureFitter: ~Copyable {
  let fit: PictureFit
  private let layout: PictureScaler.Layout
  private var scaler: PictureScaler
  /// A row of nothing but what is beside the picture.
  private let padding: [UInt8]

  /// - Throws: `MediaError`.
  init(_ fit: PictureFit, layout: PictureScaler.Layout) throws(MediaError) {
    self.fit = fit
    self.layout = layout
    scaler = try PictureScaler(width: fit.width, height: fit.height, layout: layout)
    let channels = layout.channelCount
    padding = (0..<fit.width * channels).map { fit.pad[$0 % channels % fit.pad.count] }
  }

  /// Writes a picture, or a part of it, to the first `height · width · channels` bytes of `destination`.
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
    let channels = layout.channelCount
    let rowBytes = fit.width * channels
    if target.width == fit.width, target.height == fit.height {
      return try scaler.scale(frame, region: place.source, into: &destination)
    }
    if destination.count >= rowBytes * fit.height {
      let inside = target.x * channels..<(target.x + target.width) * channels
      for row in 0..<fit.height {
        let isBeside = row < target.y || row >= target.y + target.height
        for column in 0..<(isBeside ? rowBytes : inside.lowerBound) {
          destination[row * rowBytes + column] = padding[column]
        }
        for column in (isBeside ? rowBytes : inside.upperBound)..<rowBytes {
          destination[row * rowBytes + column] = padding[column]
        }
      }
    }
    try scaler.scale(
      frame, region: place.source, into: &destination, from: target.y * rowBytes + target.x * channels,
      rowBytes: rowBytes)
  }
}
