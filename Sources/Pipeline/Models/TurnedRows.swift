internal import BraidInference

/// Rows of a feature, `[rows, bands]`, brought into the order of a model that takes `[bands, rows]`.
struct TurnedRows {
  /// `[bands, rows]`
  private(set) var values: [Float]
  private let rows: Int
  private let bands: Int

  /// Room for a window.
  init(_ window: ModelDescription.FeatureWindow) {
    (rows, bands) = (window.rows, window.bands)
    values = Array(repeating: 0, count: rows * bands)
  }

  /// Takes a window, `[rows, bands]`. Allocates: no.
  mutating func turn(_ window: [Float]) {
    guard window.count == values.count else { return }
    for row in 0..<rows {
      for band in 0..<bands { values[band * rows + row] = window[row * bands + band] }
    }
  }
}
