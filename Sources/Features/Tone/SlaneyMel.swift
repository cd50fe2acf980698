import Glibc

/// Triangles in mel as Slaney's Auditory Toolbox and librosa lay them (`htk=False, norm='slaney'`).
///
/// The scale is linear up to 1 kHz (15 mel) and logarithmic above; each triangle has the area 1 in hertz.
enum SlaneyMel {
  /// Weights `[count][fftLength / 2 + 1]` of bands from `low` to `high` hertz. A band narrower than a bin may be empty.
  static func weights(count: Int, low: Double, high: Double, sampleRate: Int, fftLength: Int) -> [[Float]] {
    let step = (mel(high) - mel(low)) / Double(count + 1)
    let edges = (0..<(count + 2)).map { hertz(mel(low) + step * Double($0)) }
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

  private static let knee = 1000.0
  private static let hertzPerMel = 200.0 / 3
  private static let step = log(6.4) / 27

  static func mel(_ hertz: Double) -> Double {
    hertz < knee ? hertz / hertzPerMel : knee / hertzPerMel + log(hertz / knee) / step
  }

  static func hertz(_ mel: Double) -> Double {
    let kneeMel = knee / hertzPerMel
    return mel < kneeMel ? mel * hertzPerMel : knee * exp(step * (mel - kneeMel))
  }
}
