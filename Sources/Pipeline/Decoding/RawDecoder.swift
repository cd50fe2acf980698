internal import BraidCore
internal import BraidInference

/// Tells outputs as they are. It shares the outputs' values until ``endRecord()``. Allocates: no, after the first.
struct RawDecoder: OutputDecoder {
  private let isFlat: [Bool]
  private var tensors: [ModelOutput.RawTensor]

  init(outputs: ModelOutputs) {
    isFlat = outputs.outputs.map { $0.shape == nil }
    tensors = outputs.outputs.map { ModelOutput.RawTensor(name: $0.name, shape: $0.shape ?? [], values: []) }
  }

  mutating func decode(_ outputs: [[Float]]) -> ModelOutput {
    for place in tensors.indices where outputs.indices.contains(place) {
      tensors[place].values = outputs[place]
      if isFlat[place] { tensors[place].shape = [outputs[place].count] }
    }
    return .raw(tensors)
  }

  mutating func endRecord() {
    for place in tensors.indices { tensors[place].values = [] }
  }
}

/// Tells the probability of an event as the model gave it, sharing its values. Allocates: no.
struct ScoresDecoder: OutputDecoder {
  let event: String
  let place: Int

  func decode(_ outputs: [[Float]]) -> ModelOutput {
    .scores(event: event, values: outputs.indices.contains(place) ? outputs[place] : [])
  }
}
