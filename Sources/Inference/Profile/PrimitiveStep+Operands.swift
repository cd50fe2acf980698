internal import COneDNN

extension PrimitiveStep {
  /// What the primitive reads and writes, and its multiplications, as far as its descriptors tell.
  var operands: (inputs: [StepInfo.Operand], outputs: [StepInfo.Operand], multiplyAdds: Int) {
    var inputs: [StepInfo.Operand] = []
    var outputs: [StepInfo.Operand] = []
    for argument in arguments {
      let operand = StepInfo.Operand(argument.descriptor)
      switch argument.index {
      case DNNL_ARG_DST, DNNL_ARG_DST_1, DNNL_ARG_DST_2, DNNL_ARG_WORKSPACE: outputs.append(operand)
      default: inputs.append(operand)
      }
    }
    return (inputs, outputs, multiplyAdds)
  }

  private func dimensions(_ index: Int32) -> [Int]? {
    arguments.first { $0.index == index }?.descriptor.dimensions
  }

  private var multiplyAdds: Int {
    guard let result = dimensions(DNNL_ARG_DST), let weights = dimensions(DNNL_ARG_WEIGHTS),
      let source = dimensions(DNNL_ARG_SRC)
    else { return 0 }
    let (count, all) = (result.reduce(1, *), weights.reduce(1, *))
    switch primitive.kind {
    case .convolution:
      // Grouped weights have an axis for the group before the one for the channels.
      let channels = weights.count > result.count ? weights[0] * weights[1] : weights[0]
      return StepInfo.product(count, all, over: channels)
    case .deconvolution:
      let taken = weights.count > result.count ? weights[0] * weights[2] : weights[1]
      return StepInfo.product(source.reduce(1, *), all, over: taken)
    case .product: return StepInfo.product(count, source.last ?? 1, over: 1)
    case .innerProduct: return StepInfo.product(count, all, over: weights[0])
    case .other: return 0
    }
  }
}

extension Primitive {
  /// The sorts of primitive whose multiplications are counted.
  enum Kind {
    case convolution, deconvolution, product, innerProduct, other
  }

  /// What sort of primitive this is.
  var kind: Kind {
    guard let descriptor = unsafe primitiveDescriptor else { return .other }
    var kind = dnnl_undefined_primitive
    guard unsafe dnnl_primitive_desc_query(descriptor, dnnl_query_primitive_kind, 0, &kind) == dnnl_success else {
      return .other
    }
    switch kind {
    case dnnl_convolution: return .convolution
    case dnnl_deconvolution: return .deconvolution
    case dnnl_matmul: return .product
    case dnnl_inner_product: return .innerProduct
    default: return .other
    }
  }
}

extension MemoryDescriptor {
  /// Our name of the element type.
  var elementTypeName: String {
    switch raw.data_type {
    case dnnl_f32: "float32"
    case dnnl_f16: "float16"
    case dnnl_bf16: "bfloat16"
    case dnnl_s32: "int32"
    case dnnl_s8: "int8"
    case dnnl_u8: "uint8"
    default: "other"
    }
  }
}

extension StepInfo.Operand {
  fileprivate init(_ descriptor: MemoryDescriptor) {
    self.init(
      elementType: descriptor.elementTypeName, dimensions: descriptor.dimensions, layout: descriptor.layoutName,
      byteCount: descriptor.byteCount)
  }
}
