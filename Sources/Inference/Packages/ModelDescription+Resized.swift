extension ModelDescription {
  /// The same for a form of the model whose single pictures are of another size: that of its input.
  public func resized(for model: Model) -> ModelDescription {
    var resized = self
    let takesSound = inputs.contains {
      switch $0.source {
      case .features, .samples: true
      case .picture, .results, .state, .constant: false
      }
    }
    for (place, input) in inputs.enumerated() where !takesSound {
      guard case .picture(var picture) = input.source, picture.frames == 1,
        let sizes = model.inputs.first(where: { $0.name == input.name })?.dimensions, sizes.count == 4
      else { continue }
      // The number of pictures at once may be open.
      let (first, second) = picture.layout == .nchw ? (sizes[2], sizes[3]) : (sizes[1], sizes[2])
      guard case .fixed(let height) = first, case .fixed(let width) = second else { continue }
      (picture.height, picture.width) = (height, width)
      resized.inputs[place].source = .picture(picture)
    }
    return resized
  }
}
