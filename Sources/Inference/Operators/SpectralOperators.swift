/// Fourier transforms, and what puts a picture together from its columns.
extension OperatorRegistry {
  static let spectral: [OperatorDefinition] =
    sampling + [
      OperatorDefinition(
        "DFT",
        infer: { call throws(InferenceError) in
          let x = try call.input(0)
          let transform = try AxisTransform(call)
          var dimensions = x.shape.dimensions
          dimensions[transform.axis] = transform.outputCount
          dimensions[x.shape.rank - 1] = transform.outputParts
          return [try call.type(x.elementType, dimensions)]
        }
      ) { call, outputs throws(InferenceError) in
        let transform = try AxisTransform(call)
        return try outputs[0].elementType.numberKernel(transform, scratchBytes: transform.scratchBytes)
      },
      OperatorDefinition(
        "STFT",
        infer: { call throws(InferenceError) in
          let frames = try FrameTransform(call)
          let x = try call.input(0)
          return [try call.type(x.elementType, [x.shape[0], frames.frames, frames.bins, 2])]
        }
      ) { call, outputs throws(InferenceError) in
        let frames = try FrameTransform(call)
        return try outputs[0].elementType.numberKernel(frames, scratchBytes: frames.transform.scratchBytes)
      },
      columnsToImage,
    ]
}

/// `DFT` along one axis of `[…, 1 or 2]`, whose last axis holds the real and imaginary parts.
private struct AxisTransform: NumberKernel {
  let axis: Int
  let outputCount: Int
  let outputParts: Int
  private let length: Int
  private let size: Int
  private let parts: Int
  private let outer: Int
  private let inner: Int
  private let inverse: Bool
  private let onesided: Bool
  private let transform: FourierTransform

  var scratchBytes: Int { transform.scratchBytes }

  init(_ call: OperatorCall) throws(InferenceError) {
    let shape = try call.input(0).shape
    _ = try call.elementType(0, oneOf: [.float32, .float64])
    guard shape.rank >= 2, shape[shape.rank - 1] == 1 || shape[shape.rank - 1] == 2 else {
      throw .shape("\(shape) does not end in an axis of real, or real and imaginary, parts")
    }
    axis = try call.axis(try call.integers(2)?.first ?? -2, rank: shape.rank)
    guard axis < shape.rank - 1 else { throw .invalid("its axis is that of the parts") }
    inverse = try call.attributes.int("inverse", default: 0) != 0
    onesided = try call.attributes.int("onesided", default: 0) != 0
    size = shape[axis]
    length = try call.integers(1)?.first ?? (inverse && onesided ? max(1, 2 * (size - 1)) : size)
    parts = shape[shape.rank - 1]
    guard length > 0, length < 1 << 31 else { throw .shape("a transform of \(length) places") }
    outer = shape.product(0..<axis)
    inner = shape.product((axis + 1)..<(shape.rank - 1))
    outputCount = onesided && !inverse ? length / 2 + 1 : length
    outputParts = onesided && inverse ? 1 : 2
    transform = try FourierTransform(count: length)
  }

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (NumberElements(arguments.input(0)), NumberElements(arguments.output))
    let work = transform.workspace(arguments)
    for o in 0..<outer {
      for i in 0..<inner {
        func value(_ place: Int, _ part: Int) -> Double {
          guard place < size, part < parts else { return 0 }
          return x[((o * size + place) * inner + i) * parts + part]
        }
        for place in 0..<length {
          // Half a spectrum stands for a whole one, mirrored.
          let mirrored = inverse && onesided && place > length / 2
          let source = mirrored ? length - place : place
          let isReal = inverse && onesided && (place == 0 || 2 * place == length)
          work[2 * place] = value(source, 0)
          work[2 * place + 1] = isReal ? 0 : value(source, 1) * (mirrored ? -1 : 1)
        }
        transform.run(work, inverse: inverse)
        let scale = inverse ? 1 / Double(length) : 1
        for place in 0..<outputCount {
          for part in 0..<outputParts {
            y[((o * outputCount + place) * inner + i) * outputParts + part] = work[2 * place + part] * scale
          }
        }
      }
    }
  }
}

/// `STFT`: transforms of frames of `[batch, samples, 1 or 2]`.
private struct FrameTransform: NumberKernel {
  let frames: Int
  let bins: Int
  let transform: FourierTransform
  private let batches: Int
  private let samples: Int
  private let parts: Int
  private let step: Int
  private let length: Int

  init(_ call: OperatorCall) throws(InferenceError) {
    var shape = try call.input(0).shape.dimensions
    _ = try call.elementType(0, oneOf: [.float32, .float64])
    if shape.count == 2 { shape.append(1) }
    guard shape.count == 3, shape[2] == 1 || shape[2] == 2 else {
      throw .shape("a signal of shape \(shape) is not [batch, samples, parts]")
    }
    guard let step = try call.integers(1)?.first, step > 0 else { throw .invalid("its step is not above 0") }
    let window = call.has(2) ? try call.input(2) : nil
    if let window, try window.elementType != call.input(0).elementType { throw .invalid("its window has another type") }
    let length = try call.integers(3)?.first ?? window?.shape.elementCount ?? shape[1]
    guard length > 0, length <= shape[1], window == nil || window?.shape.dimensions == [length] else {
      throw .shape("frames of \(length) samples in \(shape[1])")
    }
    (batches, samples, parts) = (shape[0], shape[1], shape[2])
    (self.step, self.length) = (step, length)
    frames = 1 + (shape[1] - length) / step
    bins = try call.attributes.int("onesided", default: 1) != 0 ? length / 2 + 1 : length
    transform = try FourierTransform(count: length)
  }

  func run<T: NumberElement>(_ arguments: KernelArguments, _: T.Type) {
    let (x, y) = (NumberElements(arguments.input(0)), NumberElements(arguments.output))
    let window = arguments.optional(2).map { NumberElements($0) }
    let work = transform.workspace(arguments)
    for batch in 0..<batches {
      for frame in 0..<frames {
        for i in 0..<length {
          let place = (batch * samples + frame * step + i) * parts
          let weight = window.map { $0[i] } ?? 1
          work[2 * i] = x[place] * weight
          work[2 * i + 1] = parts == 2 ? x[place + 1] * weight : 0
        }
        transform.run(work, inverse: false)
        for bin in 0..<bins {
          let place = ((batch * frames + frame) * bins + bin) * 2
          (y[place], y[place + 1]) = (work[2 * bin], work[2 * bin + 1])
        }
      }
    }
  }
}
