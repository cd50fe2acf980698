/// The heads of a tensor: for each element of a batch and each head, a matrix with a row for each position.
struct HeadView<T: RealElement> {
  var elements: Elements<T>
  var start = 0
  var batchStep: Int
  var headStep: Int
  var rowStep: Int

  /// The matrix of one head, from row `row` on.
  func place(_ batch: Int, _ head: Int, row: Int = 0) -> MatrixPlace<T> {
    MatrixPlace(elements, at: start + batch * batchStep + head * headStep + row * rowStep, stride: rowStep)
  }

  /// A tensor `[batch, heads, rows, size]`.
  init(separate elements: Elements<T>, start: Int = 0, heads: Int, rows: Int, size: Int) {
    self.elements = elements
    self.start = start
    (batchStep, headStep, rowStep) = (heads * rows * size, rows * size, size)
  }

  /// A tensor `[batch, rows, heads, size]`, the last two axes one or not; `parts` of them lie side by side behind each
  /// head, and this one begins `part` heads on.
  init(interleaved elements: Elements<T>, heads: Int, rows: Int, size: Int, part: Int = 0, parts: Int = 1) {
    self.elements = elements
    start = part * size
    (batchStep, headStep, rowStep) = (rows * heads * size * parts, size * parts, heads * size * parts)
  }

  /// Copies `rows` rows of `size` elements of each head of `source`, and adds those of `bias`, which has `size` elements
  /// for each head from `biasStart` on. They begin at row `row` here.
  func copy(
    _ source: HeadView<T>, batch: Int, heads: Int, rows: Int, size: Int, row: Int = 0, bias: Elements<T>? = nil,
    biasStart: Int = 0
  ) {
    for image in 0..<batch {
      for head in 0..<heads {
        for i in 0..<rows {
          let (from, to) = (source.place(image, head, row: i).start, place(image, head, row: row + i).start)
          elements.copy(size, of: source.elements, from: from, to: to)
          if let bias {
            for j in 0..<size { elements[to + j] += bias[biasStart + head * size + j] }
          }
        }
      }
    }
  }
}

/// Scaled dot-product attention: y = softmax(softcap(scale q k^T) + bias) v, head by head.
struct ScaledDotProduct<T: RealElement> {
  let batch: Int
  let heads: Int
  /// Heads of queries that share one of keys and values.
  let group: Int
  let queries: Int
  let keys: Int
  let headSize: Int
  let valueSize: Int
  let scale: T
  /// Scores are held to this magnitude by a tanh; 0 leaves them.
  var softcap: T = 0
  let q: HeadView<T>
  let k: HeadView<T>
  let v: HeadView<T>
  let y: HeadView<T>
  /// Room for `queries * keys` scores.
  let scores: Elements<T>

  /// What the scores are at the time.
  enum Stage {
    case product
    case capped
    case biased
    case probabilities
  }

  /// Computes it. `bias` changes the row of scores of a query in place: to -infinity where a key may not be seen; a
  /// query that sees none gives zeros. `observe` may read the scores of a head at each stage.
  @inline(__always) func run(
    bias: (_ batch: Int, _ head: Int, _ query: Int, _ start: Int) -> Void,
    observe: (_ stage: Stage, _ batch: Int, _ head: Int) -> Void
  ) {
    for image in 0..<batch {
      for head in 0..<heads {
        MatrixProduct(
          rows: queries, inner: headSize, columns: keys, a: q.place(image, head), b: k.place(image, head / group),
          transposed: true, y: MatrixPlace(scores, stride: keys), alpha: scale
        ).run()
        observe(.product, image, head)
        if softcap > 0 {
          for i in 0..<(queries * keys) { scores[i] = softcap * T.hyperbolicTangent(scores[i] / softcap) }
        }
        observe(.capped, image, head)
        for query in 0..<queries { bias(image, head, query, query * keys) }
        observe(.biased, image, head)
        for query in 0..<queries { softmax(query * keys) }
        observe(.probabilities, image, head)
        MatrixProduct(
          rows: queries, inner: keys, columns: valueSize, a: MatrixPlace(scores, stride: keys),
          b: v.place(image, head / group), transposed: false, y: y.place(image, head)
        ).run()
      }
    }
  }

  /// Replaces a row of scores by probabilities; by zeros where all are -infinity.
  private func softmax(_ start: Int) {
    let range = start..<(start + keys)
    var largest = -T.infinity
    for i in range where scores[i] > largest || scores[i].isNaN { largest = scores[i] }
    guard largest != -T.infinity else {
      scores.fill(range, 0)
      return
    }
    var sum: T = 0
    for i in range {
      let value = T.exponential(scores[i] - largest)
      scores[i] = value
      sum += value
    }
    let factor = 1 / sum
    for i in range { scores[i] *= factor }
  }
}
