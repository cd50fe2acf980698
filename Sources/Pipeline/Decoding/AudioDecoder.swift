internal import BraidCore
internal import BraidFeatures
internal import BraidInference

/// Turns a model's output into sound: samples as they are, or rows of a spectrum by overlap-add.
///
/// A row of a spectrum completes the first `hop` samples of its window, so that the samples begin where the result does. The first
/// half window of a run is padding and is left out; the last `window - hop` samples, which only later rows would complete, are
/// not told. Allocates: what it gives.
struct AudioDecoder: OutputDecoder {
  private let sampleRate: Int
  private let place: Int
  private let inverse: InverseSTFT?

  /// - Throws: ``PipelineError/Code/invalidDescription`` if the model has no such output, or not the values of a row.
  init(_ settings: ModelDescription.Audio, outputs: ModelOutputs) throws(PipelineError) {
    sampleRate = settings.sampleRate
    place = try outputs.place(of: settings.output)
    let count = try outputs.count(of: settings.output)
    guard case .spectrum(let length, let hop, let window) = settings.form else {
      inverse = nil
      return
    }
    guard let function = WindowFunction(rawValue: window) else {
      throw outputs.fault(
        "there is no window '\(window)'",
        "It is one of \(WindowFunction.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let inverse: InverseSTFT
    do throws(FeatureError) {
      inverse = try InverseSTFT(windowSamples: length, hopSamples: hop, fftLength: length, function: function)
    } catch {
      throw outputs.fault(error.message, error.remedy)
    }
    guard count == inverse.dimension else {
      throw outputs.fault(
        "output '\(settings.output)' has \(count) values, and a spectrum of \(length) samples has \(inverse.dimension)",
        "Give the length of the transform that the model was trained with")
    }
    self.inverse = inverse
  }

  func reset() { inverse?.reset() }

  func decode(_ outputs: [[Float]]) -> ModelOutput {
    guard outputs.indices.contains(place) else { return .audio(sampleRate: sampleRate, samples: []) }
    guard let inverse else { return .audio(sampleRate: sampleRate, samples: outputs[place]) }
    guard outputs[place].count == inverse.dimension else { return .audio(sampleRate: sampleRate, samples: []) }
    var samples: [Float] = []
    samples.reserveCapacity(inverse.hopSamples)
    let row = outputs[place]
    inverse.push(row.span) { ready in
      for index in ready.indices { samples.append(ready[index]) }
    }
    return .audio(sampleRate: sampleRate, samples: samples)
  }
}
