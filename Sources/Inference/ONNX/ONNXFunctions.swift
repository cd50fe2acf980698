import BraidONNXFormat

/// The functions that a model defines for itself. The importer puts their nodes where they are called.
struct ONNXFunctions {
  /// What a node calls a function by.
  struct Key: Hashable {
    let domain: String
    let name: String
    let overload: String

    init(_ node: ONNXNode) {
      domain = node.domain == "ai.onnx" ? "" : node.domain
      name = node.opType
      overload = node.overload
    }

    init(_ function: ONNXFunction) {
      domain = function.domain == "ai.onnx" ? "" : function.domain
      name = function.name
      overload = function.overload
    }
  }

  /// One use of a function.
  struct Call {
    let key: Key
    /// What the function's attributes are, its own defaults included.
    var attributes: [String: ONNXAttribute] = [:]
  }

  private var table: [Key: ONNXFunction] = [:]

  init(_ functions: [ONNXFunction]) throws(InferenceError) {
    for function in functions {
      guard table.updateValue(function, forKey: Key(function)) == nil else {
        throw .invalid("function \(function.name) is given twice")
      }
    }
  }

  /// The function that `node` calls; nil where that is an operator.
  subscript(node: ONNXNode) -> ONNXFunction? { table[Key(node)] }

  /// The version of the standard's operators among `imports`, or else the newest that one of `functions` uses.
  func version(_ imports: [ONNXOperatorSetId], orAnyOf functions: [ONNXFunction]) -> Int? {
    func newest(_ imports: [ONNXOperatorSetId]) -> Int? {
      imports.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map(\.version).filter { 1...1000 ~= $0 }.max()
        .map { Int($0) }
    }
    // A model of operators of other domains alone need not name the standard's.
    return newest(imports) ?? newest(functions.flatMap(\.opsetImport)) ?? (imports.isEmpty ? nil : 1000)
  }
}
