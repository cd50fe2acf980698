/// Counts of sequences of words, weighed.
extension OperatorRegistry {
  static let ngramCounting = OperatorDefinition(
    "TfIdfVectorizer",
    infer: { call throws(InferenceError) in
      let counter = try NgramCounter(call)
      return [try call.type(.float32, counter.dimensions)]
    }
  ) { call, _ throws(InferenceError) in
    let counter = try NgramCounter(call)
    return Kernel { arguments in counter.run(arguments) }
  }
}

/// Looks up runs of words, some left out between them, in a pool of known ones.
private struct NgramCounter: Sendable {
  /// A word behind those before it: what it ends, and where its own followers begin.
  private struct Follower: Hashable {
    let before: Int
    let word: Int64
  }

  let dimensions: [Int]
  private let rows: Int
  private let length: Int
  private let width: Int
  /// The number of each run of words known so far; 0 is the empty one.
  private var runs: [Follower: Int] = [:]
  /// For each run, the column it counts in, or -1 where it is only the beginning of others.
  private var columns: [Int] = [-1]
  private let weights: [Float]
  private let counts: Bool
  private let shortest: Int
  private let longest: Int
  private let skips: Int
  /// For words that are texts, the table by whose numbers they are given.
  private var table: [String: Int64] = [:]

  init(_ call: OperatorCall) throws(InferenceError) {
    let (x, attributes) = (try call.input(0), call.attributes)
    let type = try call.elementType(0, oneOf: [.int32, .int64, .string])
    guard x.shape.rank <= 2 else { throw .shape("\(x.shape) is neither [words] nor [rows, words]") }
    (rows, length) = (x.shape.rank == 2 ? x.shape[0] : 1, x.shape.dimensions.last ?? 1)
    shortest = try attributes.int("min_gram_length", default: 1)
    longest = try attributes.int("max_gram_length", default: 1)
    skips = try attributes.int("max_skip_count", default: 0)
    guard shortest >= 1, longest >= shortest, longest < 1 << 16, skips >= 0, skips < 1 << 32 else {
      throw .invalid("runs of \(shortest) to \(longest) words with \(skips) left out")
    }
    guard let starts = try attributes.ints("ngram_counts"), let targets = try attributes.ints("ngram_indexes"),
      !targets.isEmpty, targets.allSatisfy({ $0 >= 0 && $0 < 1 << 31 })
    else { throw .invalid("its runs of words have no columns") }
    width = (targets.max() ?? 0) + 1
    dimensions = (x.shape.rank == 2 ? [rows] : []) + [width]
    var weights: [Float] = []
    if case .floats(let values) = attributes["weights"] { weights = values }
    switch try attributes.string("mode", default: "TF") {
    case "TF": (counts, weights) = (true, [])
    case "IDF": counts = false
    case "TFIDF": counts = true
    case let mode: throw .invalid("mode \(mode) is none of TF, IDF and TFIDF")
    }
    guard weights.isEmpty || weights.count == targets.count else {
      throw .invalid("\(weights.count) weights for \(targets.count) runs")
    }
    // Weights are given for runs, and used by column.
    var byColumn: [Float] = weights.isEmpty ? [] : [Float](repeating: 0, count: width)
    for (weight, target) in zip(weights, targets) { byColumn[target] = weight }
    self.weights = byColumn
    var pool: [Int64] = []
    if type == .string {
      guard case .strings(let words) = attributes["pool_strings"] else { throw .invalid("it has no pool of texts") }
      for (number, text) in try call.tensor(0).texts.enumerated() { table[text] = Int64(number) }
      // Words that the operand does not have get numbers that it does not have either.
      for word in words where table[word] == nil { table[word] = Int64(-1 - table.count) }
      pool = words.map { table[$0] ?? -1 }
    } else {
      pool = (try attributes.ints("pool_int64s") ?? []).map(Int64.init)
    }
    var number = 0
    for (index, start) in starts.enumerated() {
      let size = index + 1
      let end = index + 1 < starts.count ? starts[index + 1] : pool.count
      guard start >= 0, start <= end, end <= pool.count, (end - start) % size == 0 else {
        throw .invalid("its pool of \(pool.count) words is not split by \(starts)")
      }
      for first in stride(from: start, to: end, by: size) {
        guard number < targets.count else { throw .invalid("it has more runs than columns for them") }
        if size >= shortest, size <= longest { add(pool[first..<(first + size)], column: targets[number]) }
        number += 1
      }
    }
  }

  private mutating func add(_ words: ArraySlice<Int64>, column: Int) {
    var run = 0
    for word in words {
      let follower = Follower(before: run, word: word)
      if let next = runs[follower] {
        run = next
      } else {
        columns.append(-1)
        run = columns.count - 1
        runs[follower] = run
      }
    }
    columns[run] = column
  }

  func run(_ arguments: KernelArguments) {
    let (x, y) = (NumberElements(arguments.input(0)), Elements<Float>(arguments.output))
    y.fill(0)
    for row in 0..<rows {
      var least = shortest
      for step in 1...(skips + 1) {
        guard step == 1 || step <= length else { break }
        for start in 0..<length {
          var (run, place, size) = (0, start, 1)
          while size <= longest, place < length,
            let next = runs[Follower(before: run, word: Int64(x[row * length + place]))]
          {
            run = next
            if size >= least, columns[run] >= 0 { y[row * width + columns[run]] += 1 }
            size += 1
            place += step
          }
        }
        // A single word leaves nothing out between; it is counted once.
        if least == 1 {
          least = 2
          if least > longest { break }
        }
      }
    }
    for i in 0..<y.count {
      if !counts { y[i] = y[i] > 0 ? 1 : 0 }
      if !weights.isEmpty { y[i] *= weights[i % width] }
    }
  }
}
