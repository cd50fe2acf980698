/// Braid's own version.
public enum BraidVersion {
  /// Semantic; `-dev` until it is released.
  public static let current = "0.1.0-dev"
}
