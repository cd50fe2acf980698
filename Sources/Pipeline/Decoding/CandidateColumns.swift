internal import BraidInference

/// Where in an output some of the numbers stand that it has for each candidate.
struct CandidateColumns {
  /// The output's place.
  let place: Int
  /// How many numbers each candidate has.
  let count: Int
  let candidates: Int
  private let start: Int
  private let candidateStep: Int
  private let columnStep: Int

  /// Finds them in an output `[1, candidates…, numbers]`, or `[1, numbers, candidates…]` where the numbers come first.
  ///
  /// - Parameters:
  ///   - columns: which of an output's numbers.
  ///   - outputs: what the model gives.
  ///   - hasNumbersFirst: whether they come before the candidates.
  ///   - single: whether the output has no dimension of numbers, and so one for each candidate.
  /// - Throws: ``PipelineError/Code/invalidDescription`` if there are not so many.
  init(
    _ columns: ModelDescription.Columns, of outputs: ModelOutputs, hasNumbersFirst: Bool, single: Bool = false
  ) throws(PipelineError) {
    place = try outputs.place(of: columns.output)
    let shape = try outputs.shape(of: columns.output)
    let total = shape.reduce(1, *)
    let numbers: Int
    if single {
      numbers = 1
    } else if hasNumbersFirst {
      numbers = shape.count > 2 ? shape[1] : shape.first ?? 1
    } else {
      numbers = shape.last ?? 1
    }
    let count = columns.count ?? max(0, numbers - columns.first)
    guard count > 0, columns.first >= 0, columns.first <= numbers, count <= numbers - columns.first else {
      throw outputs.fault(
        "output '\(columns.output)' is \(shape), which is not \(columns.first + max(1, columns.count ?? 1)) numbers for "
          + "each candidate",
        hasNumbersFirst
          ? "Describe it with the numbers last, if they are" : "Describe it with the numbers first, if they are"
      )
    }
    self.count = count
    candidates = total / numbers
    start = columns.first * (hasNumbersFirst ? candidates : 1)
    candidateStep = hasNumbersFirst ? 1 : numbers
    columnStep = hasNumbersFirst ? candidates : 1
  }

  /// How many values the output must have.
  var end: Int {
    candidates == 0 ? 0 : start + (candidates - 1) * candidateStep + (count - 1) * columnStep + 1
  }

  /// Where a number of a candidate stands.
  func index(_ candidate: Int, _ column: Int) -> Int {
    start + candidate * candidateStep + column * columnStep
  }
}
