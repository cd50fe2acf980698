/// An Einstein summation: the labels of the axes of each operand and of the result.
///
/// A label is a letter; the axes that an ellipsis stands for are labelled `.0`, `.1`… from the last one backwards, so
/// that operands with fewer of them fit.
struct EinsumEquation: Sendable {
  /// A label with a place in the table of sizes.
  typealias Label = Int

  /// The labels of each operand's axes, a label as often as it is written.
  let operands: [[Label]]
  /// The labels of the result's axes.
  let result: [Label]
  /// The size of each label's axes.
  let sizes: [Int]

  /// The equation `text` for operands of `shapes`.
  init(_ text: String, _ shapes: [TensorShape]) throws(InferenceError) {
    let spaceless = text.filter { $0 != " " }
    let arrow = spaceless.firstRange(of: "->")
    let left = arrow.map { String(spaceless[..<$0.lowerBound]) } ?? spaceless
    let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard terms.count == shapes.count else {
      throw .invalid("equation \"\(text)\" is of \(terms.count) operands, not \(shapes.count)")
    }
    guard terms.count <= 64 else { throw .limit("an equation of \(terms.count) operands") }
    var numbers: [String: Label] = [:]
    var sizes: [Int] = []
    var written: [String: Int] = [:]
    var ellipsisRank = 0
    var operands: [[Label]] = []
    for (term, shape) in zip(terms, shapes) {
      let names = try Self.names(term, rank: shape.rank)
      ellipsisRank = max(ellipsisRank, names.count { $0.hasPrefix(".") })
      var labels: [Label] = []
      for (name, size) in zip(names, shape.dimensions) {
        written[name, default: 0] += 1
        if let label = numbers[name] {
          // Axes of size 1 repeat, as they do everywhere else.
          guard sizes[label] == size || sizes[label] == 1 || size == 1 else {
            throw .shape("\(name) of equation \"\(text)\" is of size \(sizes[label]) and of size \(size)")
          }
          if sizes[label] == 1 { sizes[label] = size }
          labels.append(label)
        } else {
          numbers[name] = sizes.count
          labels.append(sizes.count)
          sizes.append(size)
        }
      }
      operands.append(labels)
    }
    let ellipsis = (0..<ellipsisRank).reversed().map { ".\($0)" }
    var names: [String]
    if let arrow {
      names = try Self.names(String(spaceless[arrow.upperBound...]), rank: nil, ellipsis: ellipsis)
    } else {
      names = ellipsis + written.filter { $0.value == 1 && !$0.key.hasPrefix(".") }.keys.sorted()
    }
    var result: [Label] = []
    for name in names {
      guard let label = numbers[name], !result.contains(label) else {
        throw .invalid("label \(name) of the result of equation \"\(text)\" is unknown or given twice")
      }
      result.append(label)
    }
    (self.operands, self.result, self.sizes) = (operands, result, sizes)
  }

  /// The labels that `term` writes, an ellipsis filled up to `rank` axes or replaced by `ellipsis`.
  private static func names(
    _ term: String, rank: Int?, ellipsis: [String] = []
  ) throws(InferenceError) -> [String] {
    let parts = term.split(separator: "...", omittingEmptySubsequences: false).map(String.init)
    guard parts.count <= 2, parts.allSatisfy({ $0.allSatisfy { $0.isLetter && $0.isASCII } }) else {
      throw .invalid("\"\(term)\" is no list of labels")
    }
    let (before, after) = (parts[0].map { String($0) }, parts.count == 2 ? parts[1].map { String($0) } : [])
    guard let rank else { return before + (parts.count == 2 ? ellipsis : []) + after }
    let open = rank - before.count - after.count
    guard parts.count == 2 ? open >= 0 : open == 0 else {
      throw .shape("\"\(term)\" does not fit an operand of rank \(rank)")
    }
    return before + (0..<open).reversed().map { ".\($0)" } + after
  }

  /// The labels that are summed over.
  var summed: [Label] { sizes.indices.filter { !result.contains($0) } }

  /// How far `operand`, of `shape`, moves along each of `labels`.
  func strides(of operand: Int, _ shape: TensorShape, along labels: [Label]) -> [Int] {
    let strides = shape.strides
    return labels.map { label in
      operands[operand].indices.reduce(0) { sum, axis in
        operands[operand][axis] == label && shape[axis] != 1 ? sum + strides[axis] : sum
      }
    }
  }
}
