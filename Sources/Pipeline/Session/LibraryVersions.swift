internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidRender

/// What a Braid is made of, for `--version` and reports of errors.
public enum LibraryVersions {
  /// `0.1.0`, and a line for each library that does its work. Cheap; any thread.
  public static var text: String {
    let ingest = IngestLibraries.current
    let inference = InferenceLibraries.current
    let libraries = ingest.libraries.map { "\($0.name) \($0.loaded)" }.joined(separator: ", ")
    return """
      \(BraidVersion.current)
      FFmpeg \(ingest.ffmpegRelease) (\(libraries))
      ALSA \(ingest.alsaVersion)
      FFTW \(FeatureLibraries.fftwVersion)
      oneDNN \(inference.oneDNNVersion), \(inference.instructionSet)
      OpenBLAS \(inference.openBLASConfiguration)
      libcurl \(HTTPTransfer.libraryVersion)
      Cairo \(RenderLibraries.cairoVersion)
      """
  }
}
