internal import CKernels
internal import Foundation

/// How alike two models' outputs are on the same inputs.
public struct ModelAgreement: Sendable {
  /// One output over all samples.
  public struct Output: Sendable {
    /// Its name.
    public let name: String
    /// The cosine of the angle between the two, all samples in a row; 1 is the same direction. Where values are not finite it is 0.
    public let cosine: Double
    /// The coefficient of identity: the cosine, less where one is longer than the other; 1 is the same.
    ///
    /// 2 Σxy / (Σx² + Σy²); Zegers and ten Berge, "A family of association coefficients for metric scales" (1985).
    public let identity: Double
    /// The first's power over that of the difference, in decibels, from -120 to 120.
    public let signalToNoise: Double
    /// For the first's rows that are probabilities of classes, on how many of them both have the same class first, 0 to 1;
    /// nil for what is no probabilities.
    public let topClass: Double?
    /// How many rows ``topClass`` is of.
    let rows: Int
  }

  /// The outputs that both have, of real numbers.
  public let outputs: [Output]
  /// How many samples were compared.
  public let samples: Int

  /// The mean over all outputs.
  public var cosine: Double { mean(\.cosine) }
  /// The mean over all outputs.
  public var identity: Double { mean(\.identity) }
  /// The mean over all outputs, in decibels.
  public var signalToNoise: Double { mean(\.signalToNoise) }
  /// The mean over the outputs that have one; nil where none has.
  public var topClass: Double? {
    let known = outputs.compactMap(\.topClass)
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// ``topClass`` with how many rows it is of at least.
  var topClassValue: AgreementMeasure.Value? {
    topClass.map { share in
      AgreementMeasure.Value(share: share, count: outputs.compactMap { $0.topClass == nil ? nil : $0.rows }.min() ?? 1)
    }
  }

  private func mean(_ key: (Output) -> Double) -> Double {
    outputs.isEmpty ? 0 : outputs.reduce(0) { $0 + key($1) } / Double(outputs.count)
  }

  /// Compares what two models say, the first being the reference.
  public init(_ answers: ModelAnswers) { self.init(names: answers.names, answers.first, answers.second) }

  /// Compares outputs of the same names and sizes, sample by sample.
  init(names: [String], _ reference: [[Tensor]], _ other: [[Tensor]]) {
    samples = reference.count
    outputs = names.indices.compactMap { place in
      Self.compare(names[place], reference.map { $0[place] }, other.map { $0[place] })
    }
  }

  private static func compare(_ name: String, _ a: [Tensor], _ b: [Tensor]) -> Output? {
    var sums = [Double](repeating: 0, count: 4)
    var (rows, same) = (0, 0)
    var isProbable = true
    for (a, b) in zip(a, b) {
      guard a.shape.elementCount == b.shape.elementCount, let x = a.floats, let y = b.floats, !x.isEmpty else {
        return nil
      }
      unsafe braid_error_sums(x, y, x.count, &sums)
      let classes = a.shape.dimensions.last ?? 1
      guard isProbable, classes >= 2, classes <= 100_000 else {
        isProbable = false
        continue
      }
      for start in stride(from: 0, to: x.count, by: classes) {
        guard let (first, total) = best(x, start, classes), abs(total - 1) < 1e-3, let other = best(y, start, classes)
        else {
          isProbable = false
          break
        }
        rows += 1
        same += first == other.place ? 1 : 0
      }
    }
    // An output that is zero always says nothing; one that is no number, or infinite, is like no other.
    guard sums[1] != 0 else { return nil }
    guard sums.allSatisfy(\.isFinite) else {
      return Output(name: name, cosine: 0, identity: 0, signalToNoise: -120, topClass: nil, rows: 0)
    }
    let noise = sums[3] > 0 ? 10 * log10(sums[1] / sums[3]) : 120
    let lengths = sums[1].squareRoot() * sums[2].squareRoot()
    return Output(
      name: name, cosine: lengths > 0 ? sums[0] / lengths : 0,
      identity: 2 * sums[0] / (sums[1] + sums[2]), signalToNoise: max(-120, min(120, noise)),
      topClass: isProbable && rows > 0 ? Double(same) / Double(rows) : nil, rows: rows)
  }

  /// The place of the greatest value of a row, and the row's sum; nil where one is outside 0 to 1.
  private static func best(_ values: [Float], _ start: Int, _ count: Int) -> (place: Int, total: Float)? {
    var (place, total) = (0, Float(0))
    for offset in 0..<min(count, values.count - start) {
      let value = values[start + offset]
      guard value >= -1e-3, value <= 1.001 else { return nil }
      if value > values[start + place] { place = offset }
      total += value
    }
    return (place, total)
  }
}
