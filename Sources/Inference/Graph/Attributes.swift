/// The value of one attribute.
enum AttributeValue: Sendable {
  case int(Int)
  case float(Float)
  case string(String)
  case tensor(Tensor)
  case ints([Int])
  case floats([Float])
  case strings([String])
}

/// The attributes of a node, by name, read by type.
///
/// A missing attribute reads as the default given; one of another type is an `invalidGraph` error.
struct Attributes: Sendable {
  private var values: [String: AttributeValue] = [:]

  /// The names of all attributes that are there, in no order.
  var names: [String] { Array(values.keys) }

  subscript(name: String) -> AttributeValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  private func mismatch(_ name: String, _ wanted: String) -> InferenceError {
    InferenceError(.invalidGraph, "attribute \(name) is not \(wanted)")
  }

  func int(_ name: String, default fallback: Int) throws(InferenceError) -> Int {
    switch values[name] {
    case nil: return fallback
    case .int(let value): return value
    default: throw mismatch(name, "a whole number")
    }
  }

  func float(_ name: String, default fallback: Float) throws(InferenceError) -> Float {
    switch values[name] {
    case nil: return fallback
    case .float(let value): return value
    default: throw mismatch(name, "a number")
    }
  }

  func string(_ name: String, default fallback: String) throws(InferenceError) -> String {
    switch values[name] {
    case nil: return fallback
    case .string(let value): return value
    default: throw mismatch(name, "a string")
    }
  }

  func ints(_ name: String) throws(InferenceError) -> [Int]? {
    switch values[name] {
    case nil: return nil
    case .ints(let value): return value
    default: throw mismatch(name, "a list of whole numbers")
    }
  }

  func tensor(_ name: String) throws(InferenceError) -> Tensor? {
    switch values[name] {
    case nil: return nil
    case .tensor(let value): return value
    default: throw mismatch(name, "a tensor")
    }
  }
}
