extension InferenceError.Code {
  /// A description that contradicts itself or the model, or that is not one.
  public static let invalidPackage = InferenceError.Code(rawValue: "invalid-package")
  /// A file that is not the one that its package was made of.
  public static let hashMismatch = InferenceError.Code(rawValue: "hash-mismatch")
  /// What is no zip archive, or none that is taken as a package.
  public static let notAnArchive = InferenceError.Code(rawValue: "not-an-archive")
  /// A model of which it cannot be guessed how to feed it.
  public static let undescribedModel = InferenceError.Code(rawValue: "undescribed-model")
}
