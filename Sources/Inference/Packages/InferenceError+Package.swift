extension InferenceError.Code {
  /// A description that contradicts itself, or that is not one.
  public static let invalidPackage = InferenceError.Code(rawValue: "invalid-package")
  /// A model of which it cannot be guessed how to feed it.
  public static let undescribedModel = InferenceError.Code(rawValue: "undescribed-model")
}
