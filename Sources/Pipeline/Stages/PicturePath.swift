internal import BraidCore
internal import BraidFeatures
internal import BraidMedia

/// The pictures of one stream at one small size, the newest few, scaled once and used by many.
///
/// For the session's thread. Allocates: no, in the steady state.
final class PicturePath {
  /// One scaled picture with what is known of its frame.
  struct Picture {
    var time: MediaTime
    var duration: MediaDuration
    var pixels: [UInt8]
    /// What chroma means, in planes.
    var matrix = ColourMatrix.bt601
  }

  let fit: PictureFit
  var width: Int { fit.width }
  var height: Int { fit.height }
  let layout: PictureScaler.Layout
  private var fitter: PictureFitter
  private var pictures: [Picture] = []
  private var capacity: Int
  /// Pictures since the start or the last reset.
  private(set) var count = 0

  init(_ fit: PictureFit, layout: PictureScaler.Layout, frames: Int) throws(MediaError) {
    self.fit = fit
    self.layout = layout
    capacity = max(1, frames)
    fitter = try PictureFitter(fit, layout: layout)
  }

  /// Keeps at least this many of the newest pictures. Only before the first.
  func keep(frames: Int) { capacity = max(capacity, frames) }

  /// Scales the stream's next frame.
  func push(_ frame: VideoFrame) throws(MediaError) {
    if pictures.isEmpty {
      let empty = Picture(
        time: .zero, duration: .zero, pixels: Array(repeating: 0, count: fit.width * fit.height * layout.planeCount))
      pictures = Array(repeating: empty, count: capacity)
    }
    let slot = count % capacity
    pictures[slot].time = frame.time
    pictures[slot].duration = frame.duration
    pictures[slot].matrix = ColourMatrix(code: frame.colorSpace)
    var destination = pictures[slot].pixels.mutableSpan
    try fitter.scale(frame, into: &destination)
    count += 1
  }

  /// Forgets all pictures: a gap parts the next one from them.
  func reset() { count = 0 }

  /// The picture `age` frames before the newest, if it is still there.
  func picture<R>(age: Int, _ body: (borrowing Picture) -> R) -> R? {
    guard age >= 0, age < min(count, capacity) else { return nil }
    return body(pictures[(count - 1 - age) % capacity])
  }
}
