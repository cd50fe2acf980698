/// What a model is given in one run: a tensor for each input that is not constant, by name.
public struct CalibrationSample: Sendable {
  /// The tensors.
  public var inputs: [String: Tensor]
  /// The class that it is of, by its label or else its number; nil where nobody said.
  public var label: String?

  /// Bytes of all tensors.
  public var byteCount: Int { inputs.values.reduce(0) { $0 + $1.type.byteCount } }

  /// A sample of these tensors.
  public init(_ inputs: [String: Tensor]) { self.inputs = inputs }
}

/// Samples in the order of their times: those that a model is made with, and those held out for the report.
///
/// The order is cut into blocks of neighbours, up to 20, and of each ten blocks the tenth is held out. Of fewer than ten samples
/// each is a block, and the last one is held out. The others make two halves by turns, for choices between ways: what is chosen by
/// one half has its ranges from the other.
public struct CalibrationSet: Sendable {
  /// What ranges are made of.
  public let known: [CalibrationSample]
  /// The same in two parts of alternating blocks, neither of them empty.
  public let halves: [[CalibrationSample]]
  /// What the report goes by, and nothing else does.
  public let heldOut: [CalibrationSample]

  /// The fewest samples that can be divided so.
  public static let least = 4

  /// - Parameters:
  ///   - samples: in the order of their times.
  ///   - states: the inputs that carry state from run to run, which may well be the same always.
  /// - Throws: `invalid-option` for fewer than four samples, for samples that are all the same or all zero, or whose
  ///   shapes differ.
  public init(_ samples: [CalibrationSample], states: Set<String> = []) throws(InferenceError) {
    guard samples.count >= Self.least else {
      throw InferenceError(
        .invalidOption, "calibration has \(samples.count) samples, and \(Self.least) are the least",
        location: "--calibrate", remedy: "Give a longer clip, or several")
    }
    try Self.check(samples, states)
    let block = max(1, samples.count / 20)
    var (known, held): ([CalibrationSample], [CalibrationSample]) = ([], [])
    var halves: [[CalibrationSample]] = [[], []]
    for (index, sample) in samples.enumerated() {
      let isHeld = samples.count < 10 ? index == samples.count - 1 : index / block % 10 == 9
      if isHeld {
        held.append(sample)
      } else {
        known.append(sample)
        halves[index / block % 2].append(sample)
      }
    }
    (self.known, self.halves, heldOut) = (known, halves, held)
  }

  /// Checks that there is something to learn from.
  private static func check(_ samples: [CalibrationSample], _ states: Set<String>) throws(InferenceError) {
    func fault(_ what: String) -> InferenceError {
      InferenceError(
        .invalidOption, what, location: "--calibrate",
        remedy: "Give material like that which the model will see: some seconds of it, with what it is to find")
    }
    let types = samples[0].inputs.mapValues(\.type)
    guard samples.allSatisfy({ $0.inputs.mapValues(\.type) == types }) else {
      throw fault("the samples differ in shape or type")
    }
    let names = types.keys.filter { !states.contains($0) }.sorted()
    var distinct: [CalibrationSample] = []
    for sample in samples {
      guard distinct.allSatisfy({ other in names.contains { differs(sample.inputs[$0], other.inputs[$0]) } }) else {
        continue
      }
      distinct.append(sample)
      if distinct.count >= least { return }
    }
    let isLevel = names.allSatisfy { name in
      types[name]?.elementType == .float32 && samples.allSatisfy { $0.inputs[name]?.isLevel ?? true }
    }
    guard !isLevel else {
      throw fault(
        "in all \(samples.count) samples \(names.joined(separator: ", ")) is one number everywhere: silence, or black pictures"
      )
    }
    throw fault("only \(distinct.count) of \(samples.count) samples differ: the same picture or sound again and again")
  }
}

extension CalibrationSet {
  /// Whether two tensors differ by more than what lossy coding does to one picture: by 2 % of the first's deviation from its
  /// mean. Of real ones some 4096 values are looked at.
  fileprivate static func differs(_ one: Tensor?, _ other: Tensor?) -> Bool {
    guard let one, let other, one.elementType == .float32 else { return one?.bytes != other?.bytes }
    let (a, b) = (one.array(of: Float.self), other.array(of: Float.self))
    guard a.count == b.count, !a.isEmpty else { return true }
    var (count, sum, squares, error) = (0.0, 0.0, 0.0, 0.0)
    for place in stride(from: 0, to: a.count, by: max(1, a.count / 4096)) {
      let (x, y) = (Double(a[place]), Double(b[place]))
      count += 1
      sum += x
      squares += x * x
      error += (x - y) * (x - y)
    }
    let variance = max(0, squares / count - sum / count * sum / count)
    return error / count > max(variance * 0.02 * 0.02, 1e-20)
  }
}

extension Tensor {
  /// Whether every value is the first one.
  fileprivate var isLevel: Bool {
    let values = array(of: Float.self)
    return values.allSatisfy { $0 == values[0] }
  }
}
