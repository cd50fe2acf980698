/// Triangles in mel as Slaney's Auditory Toolbox and librosa lay them (`htk=False, norm='slaney'`).
///
/// Sides are straight in hertz, and each triangle has the area 1 in hertz.
enum SlaneyMel {
  /// `count` bands from `low` to `high` hertz. One that is narrower than a bin may hold none.
  static func bands(count: Int, low: Double, high: Double, sampleRate: Int, fftLength: Int) -> BandMatrix {
    let scale = MelScale.slaney
    let lowest = scale.mel(low)
    let step = (scale.mel(high) - lowest) / Double(count + 1)
    let edges = (0..<(count + 2)).map { scale.hertz(lowest + step * Double($0)) }
    let binWidth = Double(sampleRate) / Double(fftLength)
    let binCount = fftLength / 2 + 1
    let bands = (0..<count).map { band in
      let (left, centre, right) = (edges[band], edges[band + 1], edges[band + 2])
      let first = Int((left / binWidth).rounded(.up))
      let end = min(binCount, Int((right / binWidth).rounded(.down)) + 1)
      var weights: [Float] = []
      for bin in first..<max(first, end) {
        let frequency = binWidth * Double(bin)
        let height = min((frequency - left) / (centre - left), (right - frequency) / (right - centre))
        weights.append(Float(max(0, height)) * Float(2 / (right - left)))
      }
      return BandMatrix.Band(first: first, weights: weights)
    }
    return BandMatrix(bands, binCount: binCount)
  }
}
