import Foundation

/// Operators on texts. Those that only move elements run on the numbers of the texts in a common table, which is sorted,
/// so that the numbers compare as the texts do.
extension Interpreter {
  /// For operators that move or compare texts: the operands that are of texts where any is; none for all.
  private static let moving: [OperatorKind: [Int]] = [
    .concat: [], .identity: [0], .reshape: [0], .squeeze: [0], .unsqueeze: [0], .flatten: [0], .transpose: [0],
    .slice: [0], "Gather": [0], "GatherElements": [0], "GatherND": [0], "Tile": [0], "Expand": [0], "Split": [0],
    "Compress": [0], "Unique": [0], "ReverseSequence": [0], "SpaceToDepth": [0], "DepthToSpace": [0], "Shape": [0],
    "Size": [0], .pad: [0, 2], "ScatterElements": [0, 2], "Scatter": [0, 2], "ScatterND": [0, 2], "Where": [1, 2],
    "OneHot": [2], "Equal": [0, 1],
  ]

  /// The results of an operator some of whose operands are texts.
  func movedTexts(
    _ node: Node, _ definition: OperatorDefinition, _ operands: [Tensor?]
  ) throws(InferenceError) -> [Tensor] {
    if node.kind == "Cast" || node.kind == "CastLike" { return [try castText(node, operands)] }
    guard let places = Self.moving[node.kind] else { throw .unsupported("\(node.kind.rawValue) of texts") }
    var present: [Tensor] = []
    for (index, operand) in operands.enumerated() {
      guard let operand else { continue }
      guard (operand.elementType == .string) == (places.isEmpty || places.contains(index)) else {
        throw .invalid("input \(index) is of type \(operand.elementType)")
      }
      if operand.elementType == .string { present.append(operand) }
    }
    var numbered = try Tensor.sharingTexts(present)
    let texts = numbered.first?.texts ?? []
    numbered.reverse()
    let views = operands.map { operand in
      operand?.elementType == .string ? numbered.popLast()?.viewed(as: .int64) : operand
    }
    var results = try NodeEvaluation(node, definition, limits).results(views)
    guard !["Shape", "Size", "Equal"].contains(node.kind) else { return results }
    for index in results.indices where node.kind != "Unique" || index == 0 {
      let result = results[index]
      results[index] = Tensor(
        type: TensorType(elementType: .string, shape: result.shape), storage: result.storage, texts: texts)
    }
    return results
  }

  // MARK: - Casts

  /// A cast of texts to numbers; of texts to texts, themselves.
  private func castText(_ node: Node, _ operands: [Tensor?]) throws(InferenceError) -> Tensor {
    guard let x = operands.first ?? nil else { throw .invalid("input 0 is missing") }
    let target =
      try node.kind == "Cast"
      ? Cast.type(node.attributes.int("to", default: 0)) : operands.dropFirst().first??.elementType ?? .float32
    if target == .string { return try printed(x) }
    guard x.elementType == .string else {
      throw .invalid("input 1 is of texts and the cast is not")
    }
    if target.isWhole {
      var numbers: [Int64] = []
      for text in x.strings {
        guard let number = Int64(text.trimmingCharacters(in: .whitespaces)) else {
          throw .shape("\"\(text.prefix(40))\" is no whole number")
        }
        numbers.append(number)
      }
      return try converted(Tensor(numbers, shape: x.shape), to: target)
    }
    var numbers: [Double] = []
    for text in x.strings {
      guard let number = Double(text.trimmingCharacters(in: .whitespaces)) else {
        throw .shape("\"\(text.prefix(40))\" is no number")
      }
      numbers.append(number)
    }
    return try converted(Tensor(numbers, shape: x.shape), to: target)
  }

  private func converted(_ tensor: Tensor?, to type: ElementType) throws(InferenceError) -> Tensor {
    guard let tensor else { throw .limit("numbers do not fit the memory") }
    return try NodeEvaluation.converted(tensor, to: type)
  }

  /// Numbers as texts: the fewest digits that give the number again.
  func printed(_ x: Tensor) throws(InferenceError) -> Tensor {
    let strings: [String] =
      switch x.elementType {
      case .string: x.strings
      case .float32: x.array(of: Float.self).map { Self.text($0) }
      case .float64: x.array(of: Double.self).map { Self.text($0) }
      case .uint64: x.array(of: UInt64.self).map { String($0) }
      case .bool: x.array(of: UInt8.self).map { $0 != 0 ? "1" : "0" }
      default: x.integers?.map { String($0) } ?? x.doubles.map { Self.text(Float($0)) }
      }
    guard let result = Tensor(strings: strings, shape: x.shape) else { throw .limit("texts do not fit the memory") }
    return result
  }

  private static func text<T: BinaryFloatingPoint & LosslessStringConvertible>(_ value: T) -> String {
    value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-INF" : "INF") : String(value)
  }

  // MARK: - Operators on texts alone

  /// The results of an operator that is only for texts.
  func textResults(_ node: Node) throws(InferenceError) -> [ModelValue] {
    let x = try required(0, of: node)
    guard x.elementType == .string else { throw .invalid("input 0 is of type \(x.elementType), not of texts") }
    switch node.kind {
    case "StringConcat": return [.tensor(try concatenated(x, required(1, of: node)))]
    case "StringSplit": return try split(x, node)
    case "StringNormalizer": return [.tensor(try normalised(x, node))]
    default: return [.tensor(try matched(x, node))]
    }
  }

  private func texts(_ strings: [String], _ dimensions: [Int]) throws(InferenceError) -> Tensor {
    guard let shape = TensorShape(dimensions) else { throw .shape("the result would have dimensions \(dimensions)") }
    let bytes = strings.reduce(0) { $0 + $1.utf8.count }
    guard bytes <= limits.tensorBytes else {
      throw .limit("texts take \(bytes) bytes; the limit is \(limits.tensorBytes)")
    }
    guard let tensor = Tensor(strings: strings, shape: shape) else { throw .limit("texts do not fit the memory") }
    return tensor
  }

  private func concatenated(_ a: Tensor, _ b: Tensor) throws(InferenceError) -> Tensor {
    guard b.elementType == .string else { throw .invalid("input 1 is of type \(b.elementType), not of texts") }
    let dimensions = try Broadcast.shape([a.shape, b.shape])
    guard let shape = TensorShape(dimensions) else { throw .shape("the result would have dimensions \(dimensions)") }
    try limits.check(tensor: TensorType(elementType: .string, shape: shape))
    let broadcast = Broadcast([a.shape, b.shape], to: shape)
    let (left, right) = (a.strings, b.strings)
    var result: [String] = []
    for row in broadcast.rows[0].indices {
      for i in 0..<broadcast.inner {
        result.append(
          left[broadcast.rows[0][row] + i * broadcast.steps[0]] + right[broadcast.rows[1][row] + i * broadcast.steps[1]]
        )
      }
    }
    return try texts(result, dimensions)
  }

  private func split(_ x: Tensor, _ node: Node) throws(InferenceError) -> [ModelValue] {
    let delimiter = try node.attributes.string("delimiter", default: "")
    let most = try node.attributes.int("maxsplit", default: Int.max)
    guard most >= 0 else { throw .invalid("maxsplit is \(most)") }
    let parts = x.strings.map { Self.parts($0, delimiter, most) }
    let width = parts.map(\.count).max() ?? 0
    guard width <= limits.tensorBytes / 8 / max(1, parts.count) else { throw .limit("the parts of texts are too many") }
    var all: [String] = []
    for list in parts { all += list + [String](repeating: "", count: width - list.count) }
    guard let counts = Tensor(parts.map { Int64($0.count) }, shape: x.shape) else {
      throw .limit("counts do not fit the memory")
    }
    return [.tensor(try texts(all, x.shape.dimensions + [width])), .tensor(counts)]
  }

  /// The parts of `text` between delimiters, after `most` of which the rest stays whole; without one, between spaces.
  private static func parts(_ text: String, _ delimiter: String, _ most: Int) -> [String] {
    let scalars = Array(text.unicodeScalars)
    var parts: [String] = []
    func string(_ range: Range<Int>) -> String {
      var result = String.UnicodeScalarView()
      result.append(contentsOf: scalars[range])
      return String(result)
    }
    var place = 0
    if delimiter.isEmpty {
      while true {
        while place < scalars.count, scalars[place].properties.isWhitespace { place += 1 }
        guard place < scalars.count else { return parts }
        guard parts.count < most else { return parts + [string(place..<scalars.count)] }
        let start = place
        while place < scalars.count, !scalars[place].properties.isWhitespace { place += 1 }
        parts.append(string(start..<place))
      }
    }
    let wanted = Array(delimiter.unicodeScalars)
    var start = 0
    while place + wanted.count <= scalars.count, parts.count < most {
      if scalars[place..<(place + wanted.count)].elementsEqual(wanted) {
        parts.append(string(start..<place))
        place += wanted.count
        start = place
      } else {
        place += 1
      }
    }
    return parts + [string(start..<scalars.count)]
  }

  private func normalised(_ x: Tensor, _ node: Node) throws(InferenceError) -> Tensor {
    guard x.shape.rank == 1 || x.shape.rank == 2 && x.shape[0] == 1 else { throw .shape("texts of shape \(x.shape)") }
    let sensitive = try node.attributes.int("is_case_sensitive", default: 0) != 0
    let change = try node.attributes.string("case_change_action", default: "NONE")
    var stopped: Set<String> = []
    if case .strings(let words)? = node.attributes["stopwords"] {
      stopped = Set(sensitive ? words : words.map { $0.lowercased() })
    }
    var result: [String] = []
    for text in x.strings where !stopped.contains(sensitive ? text : text.lowercased()) {
      switch change {
      case "NONE": result.append(text)
      case "LOWER": result.append(text.lowercased())
      case "UPPER": result.append(text.uppercased())
      default: throw .invalid("case_change_action is \(change)")
      }
    }
    if result.isEmpty { result = [""] }
    return try texts(result, x.shape.dimensions.dropLast() + [result.count])
  }

  private func matched(_ x: Tensor, _ node: Node) throws(InferenceError) -> Tensor {
    let pattern = try node.attributes.string("pattern", default: "")
    guard let expression = try? NSRegularExpression(pattern: "\\A(?:\(pattern))\\z") else {
      throw .invalid("pattern \"\(pattern.prefix(80))\" is no regular expression")
    }
    var matches: [UInt8] = []
    for text in x.strings {
      var found = false
      var calls = 0
      unsafe expression.enumerateMatches(
        in: text, options: .reportProgress, range: NSRange(text.startIndex..., in: text)
      ) { match, _, stop in
        calls += 1
        if match != nil { found = true }
        if match != nil || calls > 10_000 { unsafe stop.pointee = true }
      }
      guard calls <= 10_000 else { throw .limit("pattern \"\(pattern.prefix(80))\" takes too long on a text") }
      matches.append(found ? 1 : 0)
    }
    guard let tensor = Tensor(matches, shape: x.shape) else { throw .limit("there is no memory") }
    return tensor.viewed(as: .bool)
  }
}

extension ElementType {
  /// Whether the elements are whole numbers or booleans.
  fileprivate var isWhole: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bool, .int4, .uint4, .int2, .uint2: true
    default: false
    }
  }
}
