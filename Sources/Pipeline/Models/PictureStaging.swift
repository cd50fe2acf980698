internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// Brings a picture, or a part of one, into the size, the order and the range that a model takes.
///
/// One thread at a time uses it: see ``ModelRunners``. Allocates: where libswscale makes itself ready for another size or format.
final class PictureStaging {
  private let tensor: PictureTensor
  private var fitter: PictureFitter
  private var pixels: [UInt8]
  /// What the model takes, as of the last picture.
  private(set) var values: [Float]

  /// - Parameter picture: what the model takes: one picture.
  /// - Throws: `MediaError`.
  init(_ picture: ModelDescription.Picture) throws(MediaError) {
    tensor = PictureTensor(picture)
    fitter = try PictureFitter(PictureFit(picture), layout: picture.colour == .gray ? .gray : .rgb24)
    pixels = Array(repeating: 0, count: picture.width * picture.height * picture.colour.channels)
    values = Array(repeating: 0, count: tensor.count)
  }

  /// Makes ``values`` those of a picture, or of a part of it.
  ///
  /// - Throws: `MediaError` for a picture that cannot be scaled.
  func stage(_ frame: VideoFrame, region: PictureRegion? = nil) throws(MediaError) {
    var destination = pixels.mutableSpan
    try fitter.scale(frame, region: region, into: &destination)
    tensor.fill(&values, pixels: pixels, frame: 0)
  }
}
