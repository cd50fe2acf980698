/// Older forms of the operators that move, pick and resample elements.
extension ONNXImporter {
  mutating func normaliseMovement(_ node: inout Node) throws(InferenceError) {
    switch node.kind {
    case .squeeze, .unsqueeze: try moveInts("axes", toInput: 1, of: &node)
    case .reshape: try moveInts("shape", toInput: 1, of: &node)
    case "Split": try moveInts("split", toInput: 1, of: &node)
    case .slice:
      if opset < 10 {
        try moveInts("starts", toInput: 1, of: &node)
        try moveInts("ends", toInput: 2, of: &node)
        try moveInts("axes", toInput: 3, of: &node)
      }
    case .pad:
      if opset < 11 {
        if let paddings = node.attributes["paddings"] { node.attributes["pads"] = paddings }
        try moveInts("pads", toInput: 1, of: &node)
        try moveFloat("value", default: 0, toInput: 2, of: &node)
      }
    case .resize, "Upsample":
      if node.kind == "Upsample" {
        node.kind = .resize
        if let scales = node.attributes["scales"], case .floats(let values) = scales {
          try setInput(1, of: &node, to: Tensor(values, shape: TensorShape([values.count]) ?? .scalar))
          node.attributes["scales"] = nil
        }
        if try node.attributes.string("mode", default: "nearest") == "bilinear" {
          node.attributes["mode"] = .string("linear")
        }
      } else if opset >= 11 {
        break
      }
      node.inputs.insert(nil, at: min(1, node.inputs.count))
      node.attributes["coordinate_transformation_mode"] = .string("asymmetric")
      node.attributes["nearest_mode"] = .string("floor")
    case "Scatter": node.kind = "ScatterElements"
    case "RoiAlign":
      if opset < 16, node.attributes["coordinate_transformation_mode"] == nil {
        node.attributes["coordinate_transformation_mode"] = .string("output_half_pixel")
      }
    case "DFT":
      if opset < 20 {
        let axis = try node.attributes.int("axis", default: 1)
        try setInput(2, of: &node, to: Tensor([Int64(axis)], shape: .scalar))
        node.attributes["axis"] = nil
      }
    default: break
    }
  }
}
