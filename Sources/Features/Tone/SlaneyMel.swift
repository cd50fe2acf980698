/// Triangles in mel as Slaney's Auditory Toolbox and librosa lay them (`htk=False, norm='slaney'`).
///
/// Sides are straight in hertz, and each triangle has the area 1 in hertz.
enum SlaneyMel {
  /// Weights `[count][fftLength / 2 + 1]` of bands from `low` to `high` hertz. A band narrower than a bin may be empty.
  static func weights(count: Int, low: Double, high: Double, sampleRate: Int, fftLength: Int) -> [[Float]] {
    let scale = MelScale.slaney
    let lowest = scale.mel(low)
    let step = (scale.mel(high) - lowest) / Double(count + 1)
    let edges = (0..<(count + 2)).map { scale.hertz(lowest + step * Double($0)) }
    let binWidth = Double(sampleRate) / Double(fftLength)
    return (0..<count).map { band in
      let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
      return (0...(fftLength / 2)).map { bin in
        let frequency = binWidth * Double(bin)
        let height = min((frequency - left) / (centre - left), (right - frequency) / (right - centre))
        return Float(Float(max(0, height)) * Float(2 / (right - left)))
      }
    }
  }
}
