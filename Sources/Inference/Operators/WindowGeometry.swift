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
    func list(_ name: String, count: Int, fallback: Int, least: Int) throws(InferenceError) -> [Int] {
      let values = try attributes.ints(name) ?? [Int](repeating: fallback, count: count)
      guard values.count == count, values.allSatisfy({ $0 >= least && $0 < 1 << 20 }) else {
        throw .invalid("\(name) \(values) does not fit \(rank) axes")
      }
      return values
    }
    input = Array(shape.dimensions[2...])
    self.kernel = kernel
    guard kernel.count == rank, kernel.allSatisfy({ $0 > 0 && $0 < 1 << 20 }) else {
      throw .invalid("a window of \(kernel) does not fit \(rank) axes")
    }
    strides = try list("strides", count: rank, fallback: 1, least: 1)
    dilations = try list("dilations", count: rank, fallback: 1, least: 1)
    let pads = try list("pads", count: 2 * rank, fallback: 0, least: 0)
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
