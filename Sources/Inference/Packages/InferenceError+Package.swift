extension InferenceError.Code {
  /// A description that contradicts itself, or that is not one.
  public static let invalidPackage = InferenceError.Code(rawValue: "invalid-package")
}
