/// Stored weights of a layer: whole numbers from -limit to limit, with a scale for each output channel, zero standing for 0.
struct StoredWeights {
  /// Of the shape of the weights.
  let levels: Tensor
  /// One for each output channel.
  let scales: [Float]
  /// The axis of output channels.
  let axis: Int

  /// Weights of a convolution or product.
  ///
  /// - Parameters:
  ///   - weights: `float32`.
  ///   - axis: which axis counts output channels.
  ///   - limit: the greatest magnitude of what is stored.
  ///   - inputScale: of what the weights multiply.
  ///   - bias: one for each output channel; scales are large enough that it fits 32 bits in steps of both scales.
  /// - Throws: `limit-exceeded` where there is no memory.
  init(
    _ weights: Tensor, axis: Int, limit: Int, inputScale: Float, bias: [Float]?
  ) throws(InferenceError) {
    let channels = weights.shape[axis]
    let inner = weights.shape.product((axis + 1)..<weights.shape.rank)
    let values = weights.array(of: Float.self)
    var greatest = [Float](repeating: 0, count: channels)
    for (place, value) in values.enumerated() {
      let channel = place / inner % channels
      if value.isFinite { greatest[channel] = max(greatest[channel], abs(value)) }
    }
    var scales: [Float] = []
    for channel in 0..<channels {
      var scale = greatest[channel] / Float(limit)
      if let bias, channel < bias.count {
        // A channel without weights still has its bias, to a millionth.
        scale = max(scale, abs(bias[channel]) / inputScale / Float(scale > 0 ? 1 << 30 : 1 << 20))
      }
      scales.append(scale >= 1e-30 && scale.isFinite ? scale : 1e-30)
    }
    var levels = [Int8](repeating: 0, count: values.count)
    let bound = Float(limit)
    for (place, value) in values.enumerated() {
      let level = (value / scales[place / inner % channels]).rounded(.toNearestOrEven)
      levels[place] = Int8(max(-bound, min(bound, level.isNaN ? 0 : level)))
    }
    guard let tensor = Tensor(levels, shape: weights.shape) else { throw .limit("weights do not fit the memory") }
    self.levels = tensor
    self.scales = scales
    self.axis = axis
  }

  /// What the stored weights stand for.
  var real: [Float] {
    let channels = scales.count
    let inner = levels.shape.product((axis + 1)..<levels.shape.rank)
    return levels.array(of: Int8.self).enumerated().map { Float($0.element) * scales[$0.offset / inner % channels] }
  }
}
