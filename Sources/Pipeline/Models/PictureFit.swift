internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// How pictures of any size become pictures of one: the geometry alone.
struct PictureFit: Hashable {
  /// Pixels across of the result.
  let width: Int
  /// Pixels down of the result.
  let height: Int
  let kind: ModelDescription.Picture.Fit
  let anchor: ModelDescription.Picture.Anchor
  /// The bytes of a pixel beside the picture, as red, green, blue, or as luma.
  let pad: [UInt8]

  /// The whole picture, stretched.
  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    (kind, anchor, pad) = (.stretch, .centre, [0])
  }

  /// As a model takes it.
  init(_ picture: ModelDescription.Picture) {
    width = picture.width
    height = picture.height
    kind = picture.fit
    anchor = picture.anchor
    let channels = picture.colour.channels
    let pad = (0..<channels).map { picture.pad.isEmpty ? 0 : picture.pad[$0 % picture.pad.count] }
    self.pad = picture.colour == .bgr ? pad.reversed() : pad
  }

  /// What is taken of a picture, and where in the result it lies.
  struct Layout: Hashable {
    /// The part of the picture that is taken; nil for the whole.
    var source: PictureRegion?
    /// Where it lies in the result, in pixels; the rest is filled.
    var target: PictureRegion
  }

  /// The layout of a picture, or of a part of it, of at least one pixel.
  ///
  /// `contain`: both sides are scaled by the smaller of the two factors and rounded, and lie in the middle, the smaller half of an
  /// odd rest before. `cover`: the middle of the source with the result's shape, rounded; its left upper edge is even, because of
  /// formats that share colour between pixels.
  func layout(of region: PictureRegion?, in pictureWidth: Int, _ pictureHeight: Int) -> Layout {
    let whole = PictureRegion(x: 0, y: 0, width: width, height: height)
    let taken = region ?? PictureRegion(x: 0, y: 0, width: max(1, pictureWidth), height: max(1, pictureHeight))
    let (across, down) = (Double(taken.width), Double(taken.height))
    switch kind {
    case .stretch: return Layout(source: region, target: whole)
    case .contain:
      let factor = min(Double(width) / across, Double(height) / down)
      let inner = (
        width: Self.rounded(across * factor, upTo: width), height: Self.rounded(down * factor, upTo: height)
      )
      let isCentred = anchor == .centre
      return Layout(
        source: region,
        target: PictureRegion(
          x: isCentred ? (width - inner.width) / 2 : 0, y: isCentred ? (height - inner.height) / 2 : 0,
          width: inner.width, height: inner.height))
    case .cover:
      let factor = max(Double(width) / across, Double(height) / down)
      let cut = (
        width: Self.rounded(Double(width) / factor, upTo: taken.width),
        height: Self.rounded(Double(height) / factor, upTo: taken.height)
      )
      let source = PictureRegion(
        x: taken.x + ((taken.width - cut.width) / 2 & ~1), y: taken.y + ((taken.height - cut.height) / 2 & ~1),
        width: cut.width, height: cut.height)
      let isAll = region == nil && source == taken
      return Layout(source: isAll ? nil : source, target: whole)
    }
  }

  /// What of a picture the result shows, in parts of the picture.
  func placement(of region: PictureRegion?, in pictureWidth: Int, _ pictureHeight: Int) -> PicturePlacement {
    let (across, down) = (max(1, pictureWidth), max(1, pictureHeight))
    let layout = layout(of: region, in: across, down)
    let source = layout.source ?? PictureRegion(x: 0, y: 0, width: across, height: down)
    // Pixels of the picture for one of the result.
    let stepX = Double(source.width) / Double(layout.target.width)
    let stepY = Double(source.height) / Double(layout.target.height)
    return PicturePlacement(
      x: Float((Double(source.x) - Double(layout.target.x) * stepX) / Double(across)),
      y: Float((Double(source.y) - Double(layout.target.y) * stepY) / Double(down)),
      width: Float(Double(width) * stepX / Double(across)), height: Float(Double(height) * stepY / Double(down)))
  }

  private static func rounded(_ value: Double, upTo limit: Int) -> Int {
    Int(min(max(value.rounded(), 1), Double(limit)))
  }
}

/// Where what a model is given lies in the picture: left edge, upper edge, width and height, in parts of the picture. Where the
/// model's input is filled it reaches beyond 0 to 1.
struct PicturePlacement: Hashable {
  var x: Float
  var y: Float
  var width: Float
  var height: Float

  /// The whole picture.
  static let whole = PicturePlacement(x: 0, y: 0, width: 1, height: 1)

  /// What a model found, from parts of its input to parts of the picture, held to the picture. What lies outside is left out.
  func placed(_ output: ModelOutput) -> ModelOutput {
    guard self != .whole else { return output }
    return switch output {
    case .detections(let found): .detections(found.compactMap { placed($0) })
    case .masks(let masks): .masks(masks.compactMap { $0.placed(by: self) })
    case .none, .scores, .classes, .values, .embedding, .text, .audio, .raw, .crops: output
    }
  }

  private func placed(_ detection: ModelOutput.Detection) -> ModelOutput.Detection? {
    let (left, right) = (held(x + detection.x * width), held(x + (detection.x + detection.width) * width))
    let (top, bottom) = (held(y + detection.y * height), held(y + (detection.y + detection.height) * height))
    guard right > left, bottom > top else { return nil }
    var detection = detection
    (detection.x, detection.y, detection.width, detection.height) = (left, top, right - left, bottom - top)
    for place in detection.landmarks.indices {
      detection.landmarks[place].x = held(x + detection.landmarks[place].x * width)
      detection.landmarks[place].y = held(y + detection.landmarks[place].y * height)
    }
    return detection
  }

  private func held(_ value: Float) -> Float { min(1, max(0, value)) }
}
