/// The type of a tensor's elements.
public enum ElementType: String, Sendable, CaseIterable {
  case float32, float64, float16, bfloat16
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool
  /// Texts: each element is the number of its text in the tensor's own table.
  case string
  /// Floating point of eight bits, one byte an element, by its code.
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float8e8m0
  /// Floating point of four bits, one byte an element: its code in the lower half.
  case float4e2m1
  /// Whole numbers of four and two bits, one byte an element, as that of eight bits with the same value.
  case int4, uint4, int2, uint2

  /// Bytes one element takes in plain storage.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool, .int4, .uint4, .int2, .uint2: 1
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64, .string: 8
    }
  }

  /// Whether the type is a floating-point one of sixteen bits, which most operators compute in `float32`.
  var isHalf: Bool { self == .float16 || self == .bfloat16 }

  /// Whether the type is one that quantised values are stored in.
  var isQuantised: Bool { self == .int8 || self == .uint8 }
}

/// A Swift type that can be the element of a tensor.
///
/// Conforming types are plain values whose every bit pattern is valid, so a buffer of them can be viewed in place.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The element type that this Swift type stores.
  static var elementType: ElementType { get }
}

extension Float: TensorElement {
  /// `float32`.
  public static var elementType: ElementType { .float32 }
}
extension Double: TensorElement {
  /// `float64`.
  public static var elementType: ElementType { .float64 }
}
extension Int8: TensorElement {
  /// `int8`.
  public static var elementType: ElementType { .int8 }
}
extension Int16: TensorElement {
  /// `int16`.
  public static var elementType: ElementType { .int16 }
}
extension Int32: TensorElement {
  /// `int32`.
  public static var elementType: ElementType { .int32 }
}
extension Int64: TensorElement {
  /// `int64`.
  public static var elementType: ElementType { .int64 }
}
extension UInt8: TensorElement {
  /// `uint8`; also views `bool` and the types of fewer bits, one byte an element.
  public static var elementType: ElementType { .uint8 }
}
extension UInt16: TensorElement {
  /// `uint16`.
  public static var elementType: ElementType { .uint16 }
}
extension UInt32: TensorElement {
  /// `uint32`.
  public static var elementType: ElementType { .uint32 }
}
extension UInt64: TensorElement {
  /// `uint64`.
  public static var elementType: ElementType { .uint64 }
}
