extension Tensor {
  /// A tensor of texts in row-major order.
  ///
  /// Nil where `shape` has another element count, or there is no memory.
  ///
  /// - Parameters:
  ///   - strings: the elements.
  ///   - shape: the dimensions.
  public init?(strings: [String], shape: TensorShape) {
    guard strings.count == shape.elementCount else { return nil }
    let texts = Self.table([strings])
    var numbers: [String: Int64] = [:]
    for (index, text) in texts.enumerated() { numbers[text] = Int64(index) }
    guard let tensor = Tensor(strings.map { numbers[$0] ?? 0 }, shape: shape) else { return nil }
    self.init(
      type: TensorType(elementType: .string, shape: shape), storage: tensor.storage, texts: texts)
  }

  /// The texts in row-major order; nothing where the element type is not `string`.
  public var strings: [String] {
    guard elementType == .string else { return [] }
    return array(of: Int64.self).map { $0 >= 0 && $0 < texts.count ? texts[Int($0)] : "" }
  }

  /// All texts of `lists`, each once, in the order of their code points, the empty one first.
  static func table(_ lists: [[String]]) -> [String] {
    var all: Set<String> = [""]
    for list in lists { all.formUnion(list) }
    return all.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// The same texts, numbered by `table`, which holds them all.
  func numbered(by table: [String]) -> Tensor? {
    guard table != texts else { return self }
    var numbers: [String: Int64] = [:]
    for (index, text) in table.enumerated() { numbers[text] = Int64(index) }
    guard let tensor = Tensor(strings.map { numbers[$0] ?? 0 }, shape: shape) else { return nil }
    return Tensor(type: type, storage: tensor.storage, texts: table)
  }
}
