import BraidONNXFormat

extension Model {
  /// The files beside an ONNX file that its parameters lie in, without reading those.
  ///
  /// - Parameters:
  ///   - path: the ONNX file.
  ///   - limits: bounds on what the file may ask for.
  /// - Returns: paths seen from the file's folder, as the file names them, each once, in order; none where everything lies inside.
  /// - Throws: `unreadable`, `not-a-model`, `truncated`, `limit-exceeded`.
  public static func dataFiles(path: String, limits: ModelLimits = .default) throws(InferenceError) -> [String] {
    do throws(InferenceError) {
      let model = try ModelFile.decode(try ModelFile.read(path, limit: limits.fileBytes))
      var names: Set<String> = []
      collect(model.graph, into: &names)
      for function in model.functions { for node in function.node { collect(node, into: &names) } }
      return names.sorted()
    } catch {
      throw error.within(path)
    }
  }

  private static func collect(_ graph: ONNXGraph, into names: inout Set<String>) {
    for tensor in graph.initializer { collect(tensor, into: &names) }
    for tensor in graph.sparseInitializer { collect([tensor.values, tensor.indices], into: &names) }
    for node in graph.node { collect(node, into: &names) }
  }

  private static func collect(_ node: ONNXNode, into names: inout Set<String>) {
    for attribute in node.attribute {
      collect(
        attribute.tensors + [attribute.t, attribute.sparseTensor.values, attribute.sparseTensor.indices], into: &names)
      // How deep messages nest is bounded where they are decoded.
      for graph in attribute.graphs { collect(graph, into: &names) }
      if attribute.hasG { collect(attribute.g, into: &names) }
    }
  }

  private static func collect(_ tensors: [ONNXTensor], into names: inout Set<String>) {
    for tensor in tensors { collect(tensor, into: &names) }
  }

  private static func collect(_ tensor: ONNXTensor, into names: inout Set<String>) {
    guard tensor.dataLocation == 1 else { return }
    for entry in tensor.externalData where entry.key == "location" && !entry.value.isEmpty { names.insert(entry.value) }
  }
}
