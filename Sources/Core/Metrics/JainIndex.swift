/// How evenly something is shared out.
///
/// R. Jain, D. Chiu, W. Hawe, "A Quantitative Measure of Fairness and Discrimination for Resource Allocation in Shared
/// Computer Systems", DEC Research Report TR-301, 1984.
public enum JainIndex {
  /// (Σx)² / (n Σx²): 1 when all have the same, 1 / n when one has everything. Nil for fewer than two, and where nobody has
  /// anything. Values are 0 or more.
  public static func of(_ values: [Double]) -> Double? {
    let sum = values.reduce(0, +)
    let squares = values.reduce(0) { $0 + $1 * $1 }
    guard values.count > 1, squares > 0 else { return nil }
    return sum * sum / (Double(values.count) * squares)
  }
}
