internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// Brings pictures, or parts of them, into the size, the order and the range that a model takes, and into its input: as bytes where
/// that takes bytes, so that nothing goes through real numbers.
///
/// One thread at a time uses it: see ``ModelRunners``. Allocates: where libswscale makes itself ready for another size or format.
final class PictureStaging {
  private enum Form {
    case real(PictureTensor<Float>)
    case bytes(PictureTensor<UInt8>)
    case signedBytes(PictureTensor<Int8>)
    /// Through real numbers, for as many pictures as the input takes.
    case converted(PictureTensor<Float>, [Float])
  }

  private let session: InferenceSession
  private let input: Int
  private var form: Form
  private var fitter: PictureFitter
  private var pixels: [UInt8]

  /// - Parameters:
  ///   - picture: what the model takes: one picture.
  ///   - session: whose input is written.
  ///   - input: which, of one picture or several.
  /// - Throws: `MediaError`; ``PipelineError`` where the input is not of such pictures.
  init(_ picture: ModelDescription.Picture, _ session: InferenceSession, input: Int) throws {
    self.session = session
    self.input = input
    let info = session.inputs[input]
    let values = picture.width * picture.height * picture.colour.channels
    guard let count = info.shape?.elementCount, count >= values, count % values == 0 else {
      throw PipelineError(
        .invalidDescription, "input '\(info.name)' is not of pictures of \(values) values", location: "model",
        remedy: "Give the size that the model takes")
    }
    switch info.elementType {
    case .float32: form = .real(PictureTensor(picture))
    case .uint8: form = .bytes(PictureTensor(picture) { Self.byte($0, info.quantization) })
    case .int8: form = .signedBytes(PictureTensor(picture) { Self.byte($0, info.quantization) })
    default: form = .converted(PictureTensor(picture), Array(repeating: 0, count: count))
    }
    fitter = try PictureFitter(PictureFit(picture), layout: picture.colour == .gray ? .gray : .rgb)
    pixels = Array(repeating: 0, count: values)
  }

  /// The byte that stands for a number, as QuantizeLinear of whole tensors gives it (see `braid_quantise_planes`), or the nearest
  /// whole number where nothing else is said.
  static func byte<Byte: FixedWidthInteger>(_ value: Float, _ quantization: Quantization?) -> Byte {
    let zero = Float(quantization?.zeroPoint ?? 0)
    let level = quantization.map { (value * (1 / $0.scale)).rounded(.toNearestOrEven) } ?? value.rounded()
    return Byte(min(max(level.isNaN ? zero : level + zero, Float(Byte.min)), Float(Byte.max)))
  }

  /// Writes what the model takes of a picture, or of a part of it, as the `place`-th picture of the input.
  ///
  /// - Throws: `MediaError` for a picture that cannot be scaled, `InferenceError`.
  func stage(_ frame: VideoFrame, region: PictureRegion? = nil, at place: Int = 0) throws {
    var destination = pixels.mutableSpan
    try fitter.scale(frame, region: region, into: &destination)
    switch form {
    case .real(let tensor):
      try session.withInput(input, as: Float.self) { values in
        tensor.fill(&values, from: place * tensor.count, pixels: pixels, frame: 0)
      }
    case .bytes(let tensor):
      try session.withInput(input, as: UInt8.self) { values in
        tensor.fill(&values, from: place * tensor.count, pixels: pixels, frame: 0)
      }
    case .signedBytes(let tensor):
      try session.withInput(input, as: Int8.self) { values in
        tensor.fill(&values, from: place * tensor.count, pixels: pixels, frame: 0)
      }
    case .converted(let tensor, var values):
      form = .converted(tensor, [])
      var span = values.mutableSpan
      tensor.fill(&span, from: place * tensor.count, pixels: pixels, frame: 0)
      form = .converted(tensor, values)
      try session.write(staged: values, to: input)
    }
  }
}
