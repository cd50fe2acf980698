/// `LabelEncoder` of the domain for classic machine learning: each element looked up in a table.
struct LabelEncoding {
  /// One key or value.
  private enum Label: Hashable {
    case text(String)
    case whole(Int64)
    /// By its bits, so that what is no number finds itself.
    case real(UInt64)

    static func real(_ value: Double) -> Label { .real(value.isNaN ? Double.nan.bitPattern : (value + 0).bitPattern) }
  }

  private let table: [Label: Int]
  private let values: Tensor
  private let fallback: Tensor?
  private let keyType: ElementType

  init(_ attributes: Attributes) throws(InferenceError) {
    guard let keys = try Self.list("keys", attributes), let values = try Self.list("values", attributes),
      keys.shape.elementCount == values.shape.elementCount
    else { throw .invalid("its keys and values are missing or differ in number") }
    keyType = keys.elementType
    var table: [Label: Int] = [:]
    for (index, key) in try Self.labels(keys).enumerated() where table[key] == nil { table[key] = index }
    self.table = table
    self.values = values
    fallback = try Self.fallback(attributes, values.elementType)
  }

  private static func list(_ name: String, _ attributes: Attributes) throws(InferenceError) -> Tensor? {
    if let tensor = try attributes.tensor("\(name)_tensor") { return tensor }
    if case .strings(let values)? = attributes["\(name)_strings"] {
      return Tensor(strings: values, shape: TensorShape([values.count]) ?? .scalar)
    }
    if case .floats(let values)? = attributes["\(name)_floats"] {
      return Tensor(values, shape: TensorShape([values.count]) ?? .scalar)
    }
    if let values = try attributes.ints("\(name)_int64s") {
      return Tensor(values.map { Int64($0) }, shape: TensorShape([values.count]) ?? .scalar)
    }
    return nil
  }

  private static func fallback(_ attributes: Attributes, _ type: ElementType) throws(InferenceError) -> Tensor? {
    if let tensor = try attributes.tensor("default_tensor") {
      guard tensor.elementType == type, tensor.shape.elementCount == 1 else {
        throw .invalid("its default is not one value of type \(type)")
      }
      return tensor
    }
    switch type {
    case .string:
      return Tensor(strings: [try attributes.string("default_string", default: "_Unused")], shape: .scalar)
    case .int64: return Tensor([Int64(try attributes.int("default_int64", default: -1))], shape: .scalar)
    case .float32: return Tensor([try attributes.float("default_float", default: -0.0)], shape: .scalar)
    default: return try Tensor(zeros: TensorType(elementType: type, shape: .scalar))
    }
  }

  private static func labels(_ tensor: Tensor) throws(InferenceError) -> [Label] {
    switch tensor.elementType {
    case .string: tensor.strings.map { .text($0) }
    case .float32, .float64: tensor.doubles.map { .real($0) }
    default: (tensor.integers ?? []).map { .whole(Int64($0)) }
    }
  }

  /// The value for each element of `x`.
  func encode(_ x: Tensor) throws(InferenceError) -> Tensor {
    guard x.elementType == keyType else {
      throw .invalid("input 0 is of type \(x.elementType), its keys of \(keyType)")
    }
    guard let fallback else { throw .limit("there is no memory") }
    let flat = values.reshaped(TensorShape([values.shape.elementCount]) ?? .scalar)
    let tables = try Tensor.sharingTexts([flat, fallback])
    let size = values.elementType.byteCount
    let result = try Tensor(zeros: TensorType(elementType: values.elementType, shape: x.shape))
    for (place, label) in try Self.labels(x).enumerated() {
      let index = table[label]
      let source = index == nil ? tables[1] : tables[0]
      unsafe (result.storage.pointer + place * size).copyMemory(
        from: source.storage.pointer + (index ?? 0) * size, byteCount: size)
    }
    return Tensor(type: result.type, storage: result.storage, texts: tables[0].texts)
  }
}
