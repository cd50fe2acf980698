import BraidCore
import BraidInference

/// A profile as text and as JSON.
struct ProfileTable {
  private let profile: SessionProfile

  init(_ profile: SessionProfile) { self.profile = profile }

  /// A line for each step, with its mean time a run, its part of the whole, and what it is.
  var text: String {
    let total = max(1, profile.total.nanoseconds)
    var lines = ["  mean us   min us      %  provider   operation             KB  implementation"]
    for entry in profile.entries {
      let step = entry.step
      var line = ModelBench.number(microseconds(entry), 9, decimals: 2)
      line += ModelBench.number(Double(entry.shortest.nanoseconds) / 1000, 9, decimals: 2)
      line += ModelBench.number(100 * Double(entry.total.nanoseconds) / Double(total), 7, decimals: 1)
      line += "  " + ModelBench.pad(step.provider, 11)
      line += ModelBench.pad(String(repeating: "  ", count: step.depth) + step.operation, 16)
      line += ModelBench.number(Double(step.byteCount) / 1024, 8, decimals: 1)
      line += "  \(step.implementation)  \(Self.operands(step.inputs)) -> \(Self.operands(step.outputs))"
      // Names that fusions made of many are too long for a line; JSON has them whole.
      if !step.node.isEmpty { line += "  " + (step.node.count > 48 ? step.node.prefix(47) + "…" : step.node[...]) }
      lines.append(line)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func microseconds(_ entry: SessionProfile.Entry) -> Double {
    Double(entry.total.nanoseconds) / 1000 / Double(max(1, profile.runs))
  }

  static func operands(_ operands: [StepInfo.Operand]) -> String {
    operands.map(describe).joined(separator: ", ")
  }

  static func describe(_ operand: StepInfo.Operand) -> String {
    "\(operand.elementType) \(operand.dimensions.map(String.init).joined(separator: "x")):\(operand.layout)"
  }

  /// Writes an array with an object for each step.
  func write(to writer: inout JSONWriter) {
    writer.beginArray()
    for entry in profile.entries {
      writer.beginObject()
      Self.write(entry.step, to: &writer)
      writer.key("runs")
      writer.value(entry.runs)
      writer.key("mean_us")
      writer.value(microseconds(entry), decimals: 3)
      writer.key("min_us")
      writer.value(Double(entry.shortest.nanoseconds) / 1000, decimals: 3)
      writer.endObject()
    }
    writer.endArray()
  }

  /// Writes the fields of a step.
  static func write(_ step: StepInfo, to writer: inout JSONWriter) {
    let texts: [(StaticString, String)] = [
      ("provider", step.provider), ("operation", step.operation), ("node", step.node),
      ("implementation", step.implementation),
    ]
    for (key, text) in texts {
      writer.key(key)
      writer.value(text)
    }
    for (key, operands) in [("inputs", step.inputs), ("outputs", step.outputs)] {
      writer.key(key)
      writer.beginArray()
      for operand in operands {
        writer.beginObject()
        writer.key("type")
        writer.value(operand.elementType)
        writer.key("shape")
        writer.beginArray()
        for size in operand.dimensions { writer.value(size) }
        writer.endArray()
        writer.key("layout")
        writer.value(operand.layout)
        writer.endObject()
      }
      writer.endArray()
    }
    writer.key("bytes")
    writer.value(step.byteCount)
    writer.key("multiply_adds")
    writer.value(step.multiplyAdds)
    writer.key("threads")
    writer.value(step.threads)
    if step.depth > 0 {
      writer.key("depth")
      writer.value(step.depth)
    }
  }
}
