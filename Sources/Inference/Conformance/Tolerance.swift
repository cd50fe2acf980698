import Foundation

/// How far a computed number may be from an expected one: `absolute + relative * |expected|`, as NumPy's `allclose`.
public struct Tolerance: Sendable, Hashable {
  /// The part that grows with the expected number.
  public var relative: Double
  /// The part that does not.
  public var absolute: Double

  /// The tolerance of the ONNX standard's own tests: 1e-3 relative, 1e-5 absolute.
  public static let standard = Tolerance(relative: 1e-3, absolute: 1e-5)

  /// A tolerance; both parts are zero or more.
  public init(relative: Double, absolute: Double) {
    self.relative = relative
    self.absolute = absolute
  }

  /// Reads `{"rtol": 0.001, "atol": 0.00001}`; what is left out is the standard's.
  ///
  /// - Throws: `invalid-option` for anything else.
  init(json bytes: [UInt8]) throws(InferenceError) {
    struct Fields: Decodable {
      var rtol: Double?
      var atol: Double?
    }
    guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(bytes)), fields.rtol ?? 0 >= 0,
      fields.atol ?? 0 >= 0
    else {
      throw InferenceError(.invalidOption, "the tolerance is not {\"rtol\": NUMBER, \"atol\": NUMBER}, zero or more")
    }
    self.init(
      relative: fields.rtol ?? Self.standard.relative, absolute: fields.atol ?? Self.standard.absolute)
  }

  /// Whether `found` may stand for `expected`. Two that are no number are equal; infinities equal themselves alone.
  func accepts(_ found: Double, for expected: Double) -> Bool {
    if found == expected || (found.isNaN && expected.isNaN) { return true }
    guard found.isFinite, expected.isFinite else { return false }
    return (found - expected).magnitude <= absolute + relative * expected.magnitude
  }
}
