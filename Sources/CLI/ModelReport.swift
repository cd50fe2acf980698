import BraidCore
import BraidInference

/// What is told about a model, as text and as JSON.
struct ModelReport {
  let package: PackageReport
  let model: Model
  let size: ModelSize
  let plan: Result<Plan, InferenceError>

  private var operators: [(name: String, count: Int)] {
    model.operatorCounts.map { ($0.key, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
  }

  // MARK: - Text

  /// Sections, then a line for each step.
  var text: String {
    var lines = ["\(model.name)  sha256 \(model.sha256)"]
    for key in ["producer", "opset", "ir-version", "description"] {
      if let value = model.metadata[key], !value.isEmpty { lines.append("\(Columns.left(key, 12))\(value)") }
    }
    lines += [""] + package.lines
    lines += ["", "inputs"] + model.inputs.map(Self.describe)
    lines += ["", "outputs"] + model.outputs.map(Self.describe)
    lines += ["", "operators"]
    lines += operators.map { "\(Columns.right(Double($0.count), 6, decimals: 0))  \($0.name)" }
    lines += ["", "parameters  \(size.parameters) numbers, \(Self.megabytes(size.parameterBytes))"]
    if let operations = size.multiplyAdds {
      lines.append("operations  \(Self.millions(operations)) million multiply-adds a run")
    }
    switch plan {
    case .success(let plan):
      lines.append(
        "memory      \(Self.megabytes(plan.constantByteCount)) of constants, shared; "
          + "\(Self.megabytes(plan.stateByteCount)) for each session")
      lines += ["", "steps"]
      for step in plan.stepInfo {
        var line = "  " + Columns.left(step.provider, 10)
        line += Columns.left(String(repeating: "  ", count: step.depth) + step.operation, 20)
        line += Columns.left(step.implementation, 34)
        line += " \(ProfileTable.operands(step.inputs)) -> \(ProfileTable.operands(step.outputs))"
        lines.append(line)
      }
    case .failure(let error):
      lines += [
        "", error.runsNodeByNode ? "runs node by node: \(error)" : "it will not run: \(error)",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func describe(_ info: TensorInfo) -> String {
    "  \(info.name)  \(form(info))[\(info.dimensions.map(\.description).joined(separator: ", "))]"
  }

  private static func form(_ info: TensorInfo) -> String {
    func text(_ form: ValueForm) -> String {
      switch form {
      case .tensor: info.elementType.rawValue
      case .sequence(let element): "sequence of \(text(element))"
      case .optional(let element): "optional \(text(element))"
      }
    }
    return text(info.form)
  }

  private static func megabytes(_ bytes: Int) -> String {
    Columns.number(Double(bytes) / 1_048_576, 2) + " MB"
  }

  private static func millions(_ count: Int) -> String {
    Columns.number(Double(count) / 1e6, 2)
  }

  // MARK: - JSON

  /// One object and the end of its line.
  var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("name")
    writer.value(model.name)
    writer.key("sha256")
    writer.value(model.sha256)
    writer.key("metadata")
    writer.beginObject()
    for (key, value) in model.metadata.sorted(by: { $0.key < $1.key }) {
      writer.key(key)
      writer.value(value)
    }
    writer.endObject()
    writer.key("package")
    package.write(to: &writer)
    write("inputs", model.inputs, to: &writer)
    write("outputs", model.outputs, to: &writer)
    writer.key("operators")
    writer.beginObject()
    for (name, count) in operators {
      writer.key(name)
      writer.value(count)
    }
    writer.endObject()
    writer.key("parameters")
    writer.value(size.parameters)
    writer.key("parameter_bytes")
    writer.value(size.parameterBytes)
    if let operations = size.multiplyAdds {
      writer.key("multiply_adds")
      writer.value(operations)
    }
    switch plan {
    case .success(let plan):
      writer.key("constant_bytes")
      writer.value(plan.constantByteCount)
      writer.key("session_bytes")
      writer.value(plan.stateByteCount)
      writer.key("steps")
      writer.beginArray()
      for step in plan.stepInfo {
        writer.beginObject()
        ProfileTable.write(step, to: &writer)
        writer.endObject()
      }
      writer.endArray()
    case .failure(let error):
      writer.key(error.runsNodeByNode ? "runs_node_by_node" : "no_plan")
      writer.value("\(error)")
    }
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }

  private func write(_ name: StaticString, _ infos: [TensorInfo], to writer: inout JSONWriter) {
    writer.key(name)
    writer.beginArray()
    for info in infos {
      writer.beginObject()
      writer.key("name")
      writer.value(info.name)
      writer.key("type")
      writer.value(Self.form(info))
      writer.key("shape")
      writer.beginArray()
      for dimension in info.dimensions {
        switch dimension {
        case .fixed(let size): writer.value(size)
        case .symbolic(let name): writer.value(name.isEmpty ? "?" : name)
        }
      }
      writer.endArray()
      if let quantization = info.quantization {
        writer.key("scale")
        writer.value(quantization.scale)
        writer.key("zero_point")
        writer.value(Int(quantization.zeroPoint))
      }
      writer.endObject()
    }
    writer.endArray()
  }
}
