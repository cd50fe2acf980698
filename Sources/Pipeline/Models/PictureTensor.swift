internal import BraidInference
internal import CKernels

/// Puts scaled pictures into a tensor in the order and the range that a model takes.
///
/// Every byte goes through a table of 256 values for its channel. Allocates: only in `init`.
struct PictureTensor<Value: PictureValue> {
  let picture: ModelDescription.Picture
  private let tables: [[Value]]

  /// A tensor of what `stored` makes of the numbers that the model takes.
  init(_ picture: ModelDescription.Picture, stored: (Float) -> Value) {
    self.picture = picture
    tables = (0..<picture.colour.channels).map { channel in
      (0...255).map { stored(picture.value(UInt8($0), channel: channel)) }
    }
  }

  /// Values in the whole tensor.
  var count: Int { picture.width * picture.height * picture.colour.channels * picture.frames }

  /// As below, for a tensor of its own.
  func fill(_ values: inout [Value], pixels: [UInt8], frame: Int) {
    var span = values.mutableSpan
    fill(&span, pixels: pixels, frame: frame)
  }

  /// Writes one picture, planes of gray or RGB as it was scaled, as the `frame`-th of the tensor, 0 being the oldest, which begins
  /// at `start`. Writes nothing where there is no room for the tensor or the picture is too small.
  func fill(_ values: inout MutableSpan<Value>, from start: Int = 0, pixels: [UInt8], frame: Int) {
    let area = picture.width * picture.height
    let channels = picture.colour.channels
    guard pixels.count >= area * channels, start >= 0, values.count >= start + count, frame < picture.frames else {
      return
    }
    for channel in 0..<channels {
      // The planes come as red, green, blue.
      let source = picture.colour == .bgr ? channels - 1 - channel : channel
      let place = frame * channels + channel
      let (base, step) =
        switch picture.layout {
        case .nchw: (place * area, 1)
        case .nhwc: (place, channels * picture.frames)
        }
      unsafe pixels.withUnsafeBufferPointer { pixels in
        unsafe values.withUnsafeMutableBufferPointer { values in
          unsafe tables[channel].withUnsafeBufferPointer { table in
            guard let from = pixels.baseAddress, let to = values.baseAddress, let table = table.baseAddress else {
              return
            }
            unsafe Value.lookUp(from + source * area, to + start + base, area, step: step, table)
          }
        }
      }
    }
  }
}

extension PictureTensor<Float> {
  init(_ picture: ModelDescription.Picture) {
    self.init(picture) { $0 }
  }
}

/// What a tensor of a picture is of.
protocol PictureValue: TensorElement {
  /// Writes `table[from[i]]`, of which there are 256, to `to[i * step]` for `count` bytes.
  @unsafe static func lookUp(
    _ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<Self>, _ count: Int, step: Int,
    _ table: UnsafePointer<Self>)
}

extension Float: PictureValue {
  @unsafe static func lookUp(
    _ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<Float>, _ count: Int, step: Int,
    _ table: UnsafePointer<Float>
  ) {
    unsafe braid_look_up_f32(from, to, count, step, table)
  }
}

extension UInt8: PictureValue {
  @unsafe static func lookUp(
    _ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<UInt8>, _ count: Int, step: Int,
    _ table: UnsafePointer<UInt8>
  ) {
    unsafe braid_look_up_apart(from, to, count, step, table)
  }
}

extension Int8: PictureValue {
  @unsafe static func lookUp(
    _ from: UnsafePointer<UInt8>, _ to: UnsafeMutablePointer<Int8>, _ count: Int, step: Int,
    _ table: UnsafePointer<Int8>
  ) {
    // The bytes are moved as they are.
    unsafe braid_look_up_apart(
      from, UnsafeMutableRawPointer(to).assumingMemoryBound(to: UInt8.self), count, step,
      UnsafeRawPointer(table).assumingMemoryBound(to: UInt8.self))
  }
}
