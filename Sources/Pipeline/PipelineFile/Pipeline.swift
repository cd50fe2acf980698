/// A session as a pipeline file says it.
public struct Pipeline: Sendable {
  /// What `version` of a file says.
  public static let version = "braid-pipeline/1"

  /// What the session is told.
  public var configuration: SessionConfiguration
  /// Whether FFTW measures its plans, for the whole process.
  public var measuresTransforms = false
  /// The models' names within the file, in the order of ``SessionConfiguration/models``.
  public var modelNames: [String] = []

  /// A session that is told this.
  public init(_ configuration: SessionConfiguration) {
    self.configuration = configuration
  }
}
