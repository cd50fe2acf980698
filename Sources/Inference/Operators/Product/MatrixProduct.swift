internal import COpenBLAS

/// A product of matrices of a basic linear algebra library: y = alpha a b + beta y.
///
/// `a` is `[rows, inner]`, or `[inner, rows]` where `transposedFirst`, `y` `[rows, columns]`, and `b`
/// `[inner, columns]`, or `[columns, inner]` where `transposed`; all row-major. What is computed is bounded by the elements of the operands: anything else ends the
/// program before memory is touched.
struct MatrixProduct<T: RealElement> {
  var rows: Int
  var inner: Int
  var columns: Int
  var a: MatrixPlace<T>
  var b: MatrixPlace<T>
  var transposed: Bool
  var transposedFirst = false
  var y: MatrixPlace<T>
  var alpha: T = 1
  var beta: T = 0

  /// Computes it on the calling thread. Allocates: no.
  func run() {
    guard rows > 0, columns > 0 else { return }
    y.check(rows, columns)
    guard inner > 0 else {
      for row in 0..<rows {
        for column in 0..<columns {
          let place = y.start + row * y.stride + column
          y.elements[place] = beta == 0 ? 0 : y.elements[place] * beta
        }
      }
      return
    }
    a.check(transposedFirst ? inner : rows, transposedFirst ? rows : inner)
    b.check(transposed ? columns : inner, transposed ? inner : columns)
    OpenBLAS.onOneThread
    T.multiply(self)
  }
}

/// Where a matrix lies among elements: its first one, and how far its rows are apart.
struct MatrixPlace<T: RealElement> {
  var elements: Elements<T>
  var start: Int
  var stride: Int

  init(_ elements: Elements<T>, at start: Int = 0, stride: Int) {
    self.elements = elements
    self.start = start
    self.stride = stride
  }

  fileprivate func check(_ rows: Int, _ columns: Int) {
    precondition(
      start >= 0 && stride >= columns && max(rows, columns, stride) <= Int(Int32.max)
        && (rows - 1) * stride + columns <= elements.count - start,
      "a product of matrices outside its operands")
  }

  @unsafe fileprivate var pointer: UnsafeMutablePointer<T> { unsafe elements.pointer + start }
}

/// The library of matrix products that the reference operators use.
enum OpenBLAS {
  /// Threads are given to oneDNN alone; set for the whole process, once.
  static let onOneThread: Void = openblas_set_num_threads(1)
}

extension Float {
  static func multiply(_ p: MatrixProduct<Float>) {
    if p.rows == 1 {
      unsafe cblas_sgemv(
        CblasRowMajor, p.transposed ? CblasNoTrans : CblasTrans, blasint(p.transposed ? p.columns : p.inner),
        blasint(p.transposed ? p.inner : p.columns), p.alpha, p.b.pointer, blasint(p.b.stride), p.a.pointer,
        blasint(p.transposedFirst ? p.a.stride : 1), p.beta,
        p.y.pointer, 1)
    } else {
      unsafe cblas_sgemm(
        CblasRowMajor, p.transposedFirst ? CblasTrans : CblasNoTrans, p.transposed ? CblasTrans : CblasNoTrans,
        blasint(p.rows), blasint(p.columns),
        blasint(p.inner), p.alpha, p.a.pointer, blasint(p.a.stride), p.b.pointer, blasint(p.b.stride), p.beta,
        p.y.pointer, blasint(p.y.stride))
    }
  }
}

extension Double {
  static func multiply(_ p: MatrixProduct<Double>) {
    if p.rows == 1 {
      unsafe cblas_dgemv(
        CblasRowMajor, p.transposed ? CblasNoTrans : CblasTrans, blasint(p.transposed ? p.columns : p.inner),
        blasint(p.transposed ? p.inner : p.columns), p.alpha, p.b.pointer, blasint(p.b.stride), p.a.pointer,
        blasint(p.transposedFirst ? p.a.stride : 1), p.beta,
        p.y.pointer, 1)
    } else {
      unsafe cblas_dgemm(
        CblasRowMajor, p.transposedFirst ? CblasTrans : CblasNoTrans, p.transposed ? CblasTrans : CblasNoTrans,
        blasint(p.rows), blasint(p.columns),
        blasint(p.inner), p.alpha, p.a.pointer, blasint(p.a.stride), p.b.pointer, blasint(p.b.stride), p.beta,
        p.y.pointer, blasint(p.y.stride))
    }
  }
}
