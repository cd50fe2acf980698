internal import CFFTW

/// What the library behind spectra is, for `doctor`.
public enum FeatureLibraries {
  /// FFTW's version and compiled-in instruction sets.
  public static var fftwVersion: String { unsafe String(cString: braid_fftwf_version()) }
}
