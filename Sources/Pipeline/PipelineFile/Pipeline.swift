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

  /// Checks what can be known before anything is opened.
  ///
  /// - Throws: ``PipelineError/Code/configuration``.
  public func validate() throws(PipelineError) {
    try configuration.validate()
    if let error = contradictions.first { throw error }
  }

  /// All that can be known to be wrong, whatever the sources are, each with the option that is to blame as its location.
  var contradictions: [PipelineError] {
    var errors = configuration.contradictions
    if configuration.isDeterministic, measuresTransforms {
      errors.append(
        PipelineError(
          .configuration, "--fft-measure contradicts --deterministic: the last bits of spectra differ from run to run",
          location: "--fft-measure", remedy: "Leave out one of the two"))
    }
    return errors
  }
}
