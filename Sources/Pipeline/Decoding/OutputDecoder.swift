internal import BraidCore

/// Makes what a `result` shows of what a model gave. Each kind of decoder keeps its own scratch.
protocol OutputDecoder {
  /// - Parameter outputs: every output of the model, in its order.
  /// - Returns: what was found. Outputs that are shorter than the model said give nothing, and nothing traps.
  mutating func decode(_ outputs: [[Float]]) -> ModelOutput

  /// Lets go of values that it shares with what it gave last: the record is written.
  mutating func endRecord()

  /// The run of continuous time has ended: what follows has nothing to do with what was.
  mutating func reset()
}

extension OutputDecoder {
  mutating func endRecord() {}
  mutating func reset() {}
}
