internal import BraidInference

/// Puts scaled pictures into a tensor in the order and the range that a model takes.
///
/// Every byte goes through a table of 256 values for its channel. Allocates: only in `init`.
struct PictureTensor {
  let picture: ModelDescription.Picture
  private let tables: [[Float]]

  init(_ picture: ModelDescription.Picture) {
    self.picture = picture
    tables = (0..<picture.colour.channels).map { channel in
      (0...255).map { picture.value(UInt8($0), channel: channel) }
    }
  }

  /// Values in the whole tensor.
  var count: Int { picture.width * picture.height * picture.colour.channels * picture.frames }

  /// Writes one picture, gray or RGB as it was scaled, as the `frame`-th of the tensor, 0 being the oldest.
  func fill(_ values: inout [Float], pixels: [UInt8], frame: Int) {
    let area = picture.width * picture.height
    let channels = picture.colour.channels
    let pixels = pixels.span
    guard pixels.count >= area * channels, values.count >= count, frame < picture.frames else { return }
    var values = values.mutableSpan
    for channel in 0..<channels {
      // The bytes come as red, green, blue.
      let source = picture.colour == .bgr ? channels - 1 - channel : channel
      let entries = tables[channel]
      let table = entries.span
      switch picture.layout {
      case .nchw:
        let base = (frame * channels + channel) * area
        for index in 0..<area { values[base + index] = table[Int(pixels[index * channels + source])] }
      case .nhwc:
        let stride = channels * picture.frames
        let base = frame * channels + channel
        for index in 0..<area { values[base + index * stride] = table[Int(pixels[index * channels + source])] }
      }
    }
  }
}
