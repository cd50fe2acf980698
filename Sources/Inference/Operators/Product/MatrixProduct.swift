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

extension MatrixProduct {
  /// `cblas_?gemv`: y = alpha op(a) x + beta y.
  fileprivate typealias VectorRoutine = (
    CBLAS_LAYOUT, CBLAS_TRANSPOSE, blasint, blasint, T, UnsafePointer<T>?, blasint, UnsafePointer<T>?, blasint, T,
    UnsafeMutablePointer<T>?, blasint
  ) -> Void
  /// `cblas_?gemm`: y = alpha op(a) op(b) + beta y.
  fileprivate typealias MatrixRoutine = (
    CBLAS_LAYOUT, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, T, UnsafePointer<T>?, blasint,
    UnsafePointer<T>?, blasint, T, UnsafeMutablePointer<T>?, blasint
  ) -> Void

  /// Computes it by the library's routines for `T`; of one row as a product with a vector, which packs nothing.
  @unsafe fileprivate func run(_ vector: VectorRoutine, _ matrix: MatrixRoutine) {
    if rows == 1 {
      unsafe vector(
        CblasRowMajor, transposed ? CblasNoTrans : CblasTrans, blasint(transposed ? columns : inner),
        blasint(transposed ? inner : columns), alpha, b.pointer, blasint(b.stride), a.pointer,
        blasint(transposedFirst ? a.stride : 1), beta, y.pointer, 1)
    } else {
      unsafe matrix(
        CblasRowMajor, transposedFirst ? CblasTrans : CblasNoTrans, transposed ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), alpha, a.pointer, blasint(a.stride), b.pointer,
        blasint(b.stride), beta, y.pointer, blasint(y.stride))
    }
  }
}

extension Float {
  static func multiply(_ product: MatrixProduct<Float>) { unsafe product.run(cblas_sgemv, cblas_sgemm) }
}

extension Double {
  static func multiply(_ product: MatrixProduct<Double>) { unsafe product.run(cblas_dgemv, cblas_dgemm) }
}
