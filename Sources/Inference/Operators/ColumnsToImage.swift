/// The sum of blocks of an image at the places where they were taken, the reverse of a convolution's gathering.
extension OperatorRegistry {
  static let columnsToImage = OperatorDefinition(
    "Col2Im",
    infer: { call throws(InferenceError) in
      let columns = try ImageColumns(call)
      return [try call.type(call.input(0).elementType, [columns.batches, columns.channels] + columns.image)]
    }
  ) { call, outputs throws(InferenceError) in
    try outputs[0].elementType.numberKernel(ImageColumns(call))
  }
}

private struct ImageColumns: NumberKernel {
  let batches: Int
  let channels: Int
  let image: [Int]
  private let block: [Int]
  private let counts: [Int]
  private let strides: [Int]
  private let dilations: [Int]
  private let before: [Int]

  init(_ call: OperatorCall) throws(InferenceError) {
    let shape = try call.input(0).shape
    guard shape.rank == 3, let image = try call.integers(1), let block = try call.integers(2),
      image.count == block.count, !image.isEmpty, image.allSatisfy({ $0 >= 0 && $0 < 1 << 31 }),
      block.allSatisfy({ $0 > 0 && $0 < 1 << 20 }), let size = TensorShape(block), shape[1] % size.elementCount == 0
    else { throw .shape("blocks of \(shape) do not make an image") }
    func list(_ name: String, _ count: Int, _ fallback: Int, least: Int) throws(InferenceError) -> [Int] {
      let values = try call.attributes.ints(name) ?? [Int](repeating: fallback, count: count)
      guard values.count == count, values.allSatisfy({ $0 >= least && $0 < 1 << 20 }) else {
        throw .invalid("\(name) \(values) does not fit \(image.count) axes")
      }
      return values
    }
    strides = try list("strides", image.count, 1, least: 1)
    dilations = try list("dilations", image.count, 1, least: 1)
    let pads = try list("pads", 2 * image.count, 0, least: 0)
    before = Array(pads[..<image.count])
    var counts: [Int] = []
    for axis in image.indices {
      let room = image[axis] + pads[axis] + pads[axis + image.count] - dilations[axis] * (block[axis] - 1) - 1
      guard room >= 0 else { throw .shape("blocks of \(block) are larger than an image of \(image)") }
      counts.append(room / strides[axis] + 1)
    }
    guard TensorShape(counts)?.elementCount == shape[2] else {
      throw .shape("\(shape[2]) blocks do not fill \(counts) places")
    }
    (batches, channels) = (shape[0], shape[1] / size.elementCount)
    (self.image, self.block, self.counts) = (image, block, counts)
  }

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (Elements<T>(arguments.input(0)), Elements<T>(arguments.output))
    y.fillZero()
    guard x.count > 0, y.count > 0 else { return }
    let pixels = image.reduce(1, *)
    let (parts, places) = (block.reduce(1, *), counts.reduce(1, *))
    for part in 0..<parts {
      for place in 0..<places {
        guard let target = pixel(part, place) else { continue }
        for plane in 0..<(batches * channels) {
          let index = plane * pixels + target
          y[index] = T.sum(y[index], x[(plane * parts + part) * places + place])
        }
      }
    }
  }

  /// The pixel that element `part` of block `place` falls on, nil in the padding.
  private func pixel(_ part: Int, _ place: Int) -> Int? {
    var (part, place, result, span) = (part, place, 0, 1)
    for axis in image.indices.reversed() {
      let position = place % counts[axis] * strides[axis] + part % block[axis] * dilations[axis] - before[axis]
      guard position >= 0, position < image[axis] else { return nil }
      result += position * span
      span *= image[axis]
      part /= block[axis]
      place /= counts[axis]
    }
    return result
  }
}
