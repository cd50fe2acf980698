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
      var line = Columns.right(microseconds(entry), 9, decimals: 2)
      line += Columns.right(Double(entry.shortest.nanoseconds) / 1000, 9, decimals: 2)
      line += Columns.right(100 * Double(entry.total.nanoseconds) / Double(total), 7, decimals: 1)
      line += "  " + Columns.left(step.provider, 11)
      line += Columns.left(String(repeating: "  ", count: step.depth) + step.operation, 16)
      line += Columns.right(Double(step.byteCount) / 1024, 8, decimals: 1)
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
      writer.field("runs", entry.runs)
      writer.field("mean_us", microseconds(entry), decimals: 3)
      writer.field("min_us", Double(entry.shortest.nanoseconds) / 1000, decimals: 3)
      writer.endObject()
    }
    writer.endArray()
  }

  /// Writes the fields of a step.
  static func write(_ step: StepInfo, to writer: inout JSONWriter) {
    writer.field("provider", step.provider)
    writer.field("operation", step.operation)
    writer.field("node", step.node)
    writer.field("implementation", step.implementation)
    let sides: [(StaticString, [StepInfo.Operand])] = [("inputs", step.inputs), ("outputs", step.outputs)]
    for (key, operands) in sides {
      writer.objects(key, operands) { writer, operand in
        writer.field("type", operand.elementType)
        writer.array("shape", operand.dimensions) { $0.value($1) }
        writer.field("layout", operand.layout)
      }
    }
    writer.field("bytes", step.byteCount)
    writer.field("multiply_adds", step.multiplyAdds)
    writer.field("threads", step.threads)
    if step.depth > 0 { writer.field("depth", step.depth) }
  }
}
