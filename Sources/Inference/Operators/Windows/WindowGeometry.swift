internal import CKernels

/// Where the window of a convolution or pooling lies along each spatial axis of `[batch, channels, axes…]`.
struct WindowGeometry: Sendable {
  var input: [Int]
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var before: [Int]
  var after: [Int]
  var output: [Int]

  /// The geometry of `call` with windows of `kernel`.
  init(_ call: OperatorCall, kernel: [Int]) throws(InferenceError) {
    let shape = try call.input(0).shape
    guard shape.rank >= 3 else { throw .shape("a tensor of shape \(shape) has no spatial axes") }
    let rank = shape.rank - 2
    guard rank <= 3 else { throw .unsupported("windows over \(rank) axes") }
    let attributes = call.attributes
    input = Array(shape.dimensions[2...])
    self.kernel = kernel
    guard kernel.count == rank, kernel.allSatisfy({ $0 > 0 && $0 < 1 << 20 }) else {
      throw .invalid("a window of \(kernel) does not fit \(rank) axes")
    }
    strides = try Self.list("strides", of: attributes, count: rank, fallback: 1, least: 1)
    dilations = try Self.list("dilations", of: attributes, count: rank, fallback: 1, least: 1)
    let pads = try Self.list("pads", of: attributes, count: 2 * rank, fallback: 0, least: 0)
    (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
    let ceil = try attributes.int("ceil_mode", default: 0) != 0
    let automatic = try attributes.string("auto_pad", default: "NOTSET")
    output = []
    for axis in 0..<rank {
      let (reach, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: dilations[axis])
      guard !overflow, reach < 1 << 31 else { throw .invalid("a window is too large") }
      switch automatic {
      case "NOTSET": break
      case "VALID": (before[axis], after[axis]) = (0, 0)
      case "SAME_UPPER", "SAME_LOWER":
        let places = (input[axis] + strides[axis] - 1) / strides[axis]
        let total = max(0, (places - 1) * strides[axis] + reach + 1 - input[axis])
        let small = total / 2
        (before[axis], after[axis]) = automatic == "SAME_UPPER" ? (small, total - small) : (total - small, small)
      default: throw .invalid("auto_pad \(automatic) is unknown")
      }
      let span = input[axis] + before[axis] + after[axis] - reach - 1
      guard span >= 0 else { throw .shape("a window of \(reach + 1) is larger than the padded axis") }
      var places = (ceil ? span + strides[axis] - 1 : span) / strides[axis] + 1
      // A last window that would begin in the padding behind is left out.
      if ceil, (places - 1) * strides[axis] >= input[axis] + before[axis] { places -= 1 }
      output.append(places)
    }
  }

  /// The list `name` of `count` whole numbers, each from `least` to below 2^20; `fallback` where it is not given.
  private static func list(
    _ name: String, of attributes: Attributes, count: Int, fallback: Int, least: Int
  ) throws(InferenceError) -> [Int] {
    let given = try attributes.ints(name) ?? []
    let values = given.isEmpty ? [Int](repeating: fallback, count: count) : given
    guard values.count == count, values.allSatisfy({ $0 >= least && $0 < 1 << 20 }) else {
      throw .invalid("\(name) \(values) is not \(count) numbers of \(least) or more")
    }
    return values
  }

  /// The geometry of the transposed convolution `call` with filters of `kernel`: `input` is the operand's, and a window
  /// lies in the result around each of its elements.
  init(transposed call: OperatorCall, kernel: [Int]) throws(InferenceError) {
    let shape = try call.input(0).shape
    let rank = shape.rank - 2
    guard rank >= 1, rank <= 3 else { throw .unsupported("a transposed convolution over \(rank) axes") }
    let attributes = call.attributes
    input = Array(shape.dimensions[2...])
    self.kernel = kernel
    guard kernel.count == rank, kernel.allSatisfy({ $0 > 0 && $0 < 1 << 20 }) else {
      throw .invalid("filters of \(kernel) do not fit \(rank) axes")
    }
    strides = try Self.list("strides", of: attributes, count: rank, fallback: 1, least: 1)
    dilations = try Self.list("dilations", of: attributes, count: rank, fallback: 1, least: 1)
    let pads = try Self.list("pads", of: attributes, count: 2 * rank, fallback: 0, least: 0)
    let extra = try Self.list("output_padding", of: attributes, count: rank, fallback: 0, least: 0)
    (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
    let automatic = try attributes.string("auto_pad", default: "NOTSET")
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
      throw .invalid("auto_pad \(automatic) is unknown")
    }
    if automatic == "VALID" { (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank)) }
    var stated = try attributes.ints("output_shape") ?? []
    if stated.count == rank + 2 { stated.removeFirst(2) }
    guard stated.isEmpty || (stated.count == rank && stated.allSatisfy({ $0 > 0 && $0 < 1 << 40 })) else {
      throw .invalid("output_shape \(stated) does not fit \(rank) axes")
    }
    output = []
    for axis in 0..<rank {
      let (reach, overflow) = (kernel[axis] - 1).multipliedReportingOverflow(by: dilations[axis])
      guard !overflow, reach < 1 << 31, input[axis] < 1 << 40, input[axis] > 0 else {
        throw .shape("filters of \(kernel) over axes of \(input)")
      }
      let span = strides[axis] * (input[axis] - 1) + extra[axis] + reach + 1
      if stated.isEmpty, !automatic.hasPrefix("SAME") {
        output.append(span - before[axis] - after[axis])
      } else {
        output.append(stated.isEmpty ? input[axis] * strides[axis] : stated[axis])
        let total = max(0, span - output[axis])
        before[axis] = automatic == "SAME_UPPER" ? total / 2 : total - total / 2
        after[axis] = total - before[axis]
      }
      guard output[axis] >= 0 else { throw .shape("the padding \(pads) is larger than the result") }
    }
  }

  /// The geometry over exactly three axes, missing ones of size 1 in front, as the C loops take it.
  var threeAxes: braid_window {
    func three(_ values: [Int], _ fallback: Int) -> (Int64, Int64, Int64) {
      let all = [Int](repeating: fallback, count: 3 - values.count) + values
      return (Int64(all[0]), Int64(all[1]), Int64(all[2]))
    }
    return braid_window(
      input: three(input, 1), kernel: three(kernel, 1), stride: three(strides, 1), dilation: three(dilations, 1),
      pad: three(before, 0), output: three(output, 1))
  }
}
