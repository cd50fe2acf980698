/// Which nodes go to oneDNN.
extension PlanBuilder {
  /// Lowers `node` through oneDNN; false where it does not have the operator in this form.
  mutating func lowerOneDNN(_ node: Node) throws(InferenceError) -> Bool {
    if try lowerNative(node) { return true }
    if let fusion = node.fusion {
      switch fusion.operation {
      case .contraction(let core): return try lowerContraction(node, fusion, core)
      case .pooling(let core): return try lowerPooling(node, core)
      case .concat(let axis): return try lowerConcat(node, axis: axis, fusion)
      case .add: return try lowerQuantisedAddition(node, fusion)
      case .table: return false
      case .product(let core): return try lowerVariableProduct(node, core, fusion)
      case .dynamicProduct: return try lowerDynamicProduct(node, fusion)
      case .rows: return try lowerRows(node)
      }
    }
    switch node.kind {
    case .conv, .gemm, .matMul:
      guard let w = node.input(1), graph[w].tensor != nil else { return try lowerVariableProduct(node, node, nil) }
      if let bias = node.input(2), graph[bias].tensor == nil { return false }
      return try lowerContraction(node, Fusion(operation: .contraction(node)), node)
    case .maxPool, .averagePool, .globalAveragePool: return try lowerPooling(node, node)
    case .concat:
      guard let first = node.input(0) else { return false }
      let rank = try type(first).shape.rank
      let axis = try node.attributes.int("axis", default: 0)
      return try lowerConcat(node, axis: axis < 0 ? axis + rank : axis, nil)
    case .transpose: return try lowerTranspose(node)
    case .slice: return try lowerSlice(node)
    case .quantizeLinear, .dequantizeLinear: return try lowerConversion(node)
    case "DynamicQuantizeLinear": return try lowerDynamicQuantisation(node)
    case .softmax: return try lowerSoftmax(node)
    case .resize: return try lowerLinearResize(node)
    case "ConvTranspose": return try lowerDeconvolution(node)
    case "PRelu": return try lowerSlopes(node)
    case "Einsum": return try lowerEinsum(node)
    case .add, .mul, "Sub", "Div": return try lowerBinary(node)
    default:
      if try lowerElementwise(node) { return true }
      return try lowerMap(node)
    }
  }
}
