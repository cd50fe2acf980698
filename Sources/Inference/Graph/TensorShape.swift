/// The dimensions of a tensor, outermost first. A scalar has none.
public struct TensorShape: Sendable, Hashable, CustomStringConvertible {
  /// Each dimension, zero or more.
  public let dimensions: [Int]
  /// The product of the dimensions; 1 for a scalar.
  public let elementCount: Int

  /// The shape of a scalar.
  public static let scalar = TensorShape(unchecked: [], elementCount: 1)

  /// A shape of these dimensions, or nil where one is negative or above 2^40, or their product, zeros left out, does not
  /// fit 62 bits.
  public init?(_ dimensions: [Int]) {
    var count = 1
    var hasZero = false
    for dimension in dimensions {
      guard dimension >= 0, dimension <= 1 << 40 else { return nil }
      if dimension == 0 {
        hasZero = true
        continue
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product < 1 << 62 else { return nil }
      count = product
    }
    self.init(unchecked: dimensions, elementCount: hasZero ? 0 : count)
  }

  private init(unchecked dimensions: [Int], elementCount: Int) {
    self.dimensions = dimensions
    self.elementCount = elementCount
  }

  /// The number of dimensions.
  public var rank: Int { dimensions.count }

  /// The dimension at `axis`, counted from 0.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// The dimensions in brackets, `[1, 3, 240, 320]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

  /// The distance in elements between neighbours along each axis, in dense row-major order.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * max(1, dimensions[axis + 1])
    }
    return strides
  }

  /// The product of the dimensions of `range`.
  func product(_ range: Range<Int>) -> Int { dimensions[range].reduce(1, *) }

  /// `axis` counted from 0 where it was counted from the end, or nil outside the shape.
  func normalise(axis: Int) -> Int? {
    let normal = axis < 0 ? axis + rank : axis
    return normal >= 0 && normal < rank ? normal : nil
  }
}

/// One dimension as a model declares it.
public enum Dimension: Sendable, Hashable, CustomStringConvertible {
  /// A known size.
  case fixed(Int)
  /// A size left open, by its name in the model; the name is empty where the model gives none.
  case symbolic(String)

  /// The size, or the name, or `?`.
  public var description: String {
    switch self {
    case .fixed(let size): "\(size)"
    case .symbolic(let name): name.isEmpty ? "?" : name
    }
  }
}

/// How whole numbers stand for real ones: `real = scale * (stored - zeroPoint)`.
public struct Quantization: Sendable, Hashable {
  /// The real distance between neighbouring stored values; above zero.
  public let scale: Float
  /// The stored value that stands for zero.
  public let zeroPoint: Int32
}

/// What a value of a model is made of.
public indirect enum ValueForm: Sendable, Hashable {
  /// One tensor.
  case tensor
  /// A list of values.
  case sequence(ValueForm)
  /// A value or nothing.
  case optional(ValueForm)
}

/// The name, element type and dimensions of one input or output of a model.
public struct TensorInfo: Sendable, Hashable {
  /// The name in the model.
  public let name: String
  /// The element type.
  public let elementType: ElementType
  /// The dimensions, outermost first.
  public let dimensions: [Dimension]
  /// In quantised models, where the graph gives it: the meaning of stored whole numbers, or for a `float32` tensor the
  /// steps that its values come in.
  public let quantization: Quantization?
  /// Whether it is a tensor, or what it is made of tensors. The element type and dimensions are those of the innermost.
  public internal(set) var form = ValueForm.tensor
  /// Whether the model says how many dimensions there are; where not, `dimensions` is empty.
  public internal(set) var isRankKnown = true

  /// The shape, where every dimension is fixed.
  public var shape: TensorShape? {
    var fixed: [Int] = []
    for dimension in dimensions {
      guard case .fixed(let size) = dimension else { return nil }
      fixed.append(size)
    }
    return TensorShape(fixed)
  }
}

/// An element type and a shape.
struct TensorType: Sendable, Hashable {
  var elementType: ElementType
  var shape: TensorShape

  /// The bytes that it takes in plain storage; `Int.max` where they are more.
  var byteCount: Int {
    let (bytes, overflow) = shape.elementCount.multipliedReportingOverflow(by: elementType.byteCount)
    return overflow ? Int.max : bytes
  }
}
