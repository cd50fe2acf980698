internal import BraidCore
internal import BraidFeatures
internal import BraidInference
internal import BraidIngest
internal import BraidRender
internal import CPosix
internal import Glibc

/// What this machine has, and what is missing: `braid doctor`.
public struct Diagnosis: Sendable {
  /// How a check came out.
  public enum Verdict: String, Hashable, Sendable {
    /// As it should be.
    case good
    /// Braid runs, with less than it could.
    case limited
    /// Something will not work.
    case bad
  }

  /// One thing looked at.
  public struct Check: Hashable, Sendable {
    /// What was looked at, in a few words.
    public let subject: String
    /// What was found.
    public let finding: String
    /// How it came out.
    public let verdict: Verdict
    /// What to do about it; empty where nothing needs doing.
    public let remedy: String

    init(_ subject: String, _ finding: String, _ verdict: Verdict = .good, remedy: String = "") {
      self.subject = subject
      self.finding = finding
      self.verdict = verdict
      self.remedy = verdict == .good ? "" : remedy
    }
  }

  /// Everything that was looked at, in order.
  public let checks: [Check]

  /// Looks at the machine. May take some milliseconds; writes and removes one empty file in each folder tried.
  ///
  /// - Parameter modelFolders: where models are looked for.
  public init(modelFolders: [String]) {
    checks =
      Self.processor + Self.engine + Self.libraries + [Self.decoders, Self.encoders, Self.memory]
      + [Self.writing("working folder", "."), Self.writing("temporary folder", Self.temporaryFolder)]
      + Self.models(modelFolders)
  }

  private static var processor: [Check] {
    let facts = ProcessorFacts.current
    let wanted = ["avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8"]
    let present = wanted.filter(facts.flags.contains)
    let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    return [
      Check("processor", "\(facts.model), \(cores) cores"),
      Check(
        "instruction sets", present.isEmpty ? "none beyond SSE2" : present.joined(separator: " "),
        present.contains("avx2") ? .good : .limited,
        remedy: "Kernels run several times slower without AVX2; in a virtual machine, pass the host's CPU through"),
    ]
  }

  private static var engine: [Check] {
    let libraries = InferenceLibraries.current
    let isFast = ["amx", "avx512_vnni", "avx2_vnni"].contains(libraries.int8Path)
    return [
      Check("oneDNN", "\(libraries.oneDNNVersion), instruction set \(libraries.instructionSet)"),
      Check(
        "int8 path", libraries.int8Path, isFast ? .good : .limited,
        remedy: "Without VNNI or AMX int8 models gain little over float; if the processor has them, "
          + "unset ONEDNN_MAX_CPU_ISA"),
      Check("OpenBLAS", libraries.openBLASConfiguration),
    ]
  }

  private static var libraries: [Check] {
    let ingest = IngestLibraries.current
    var checks = [Check("FFmpeg", ingest.ffmpegRelease)]
    for library in ingest.libraries {
      checks.append(
        Check(
          library.name, "\(library.loaded), compiled for \(library.compiled)",
          library.isCompatible ? .good : .bad, remedy: "Build Braid again on this machine: make build"))
    }
    checks.append(Check("FFTW", FeatureLibraries.fftwVersion))
    checks.append(Check("ALSA", ingest.alsaVersion))
    return checks
  }

  private static var decoders: Check {
    let wanted = ["h264", "hevc", "vp8", "vp9", "av1", "mpeg2video", "mjpeg", "aac", "mp3", "opus", "vorbis", "flac"]
    let missing = wanted.filter { !IngestLibraries.canDecode($0) }
    return Check(
      "decoders", missing.isEmpty ? wanted.joined(separator: " ") : "missing: \(missing.joined(separator: " "))",
      missing.isEmpty ? .good : .limited, remedy: "Install Debian's own libavcodec59")
  }

  private static var encoders: Check {
    let (present, missing) = RenderLibraries.encoders
    return Check(
      "encoders of films",
      present.joined(separator: " ") + (missing.isEmpty ? "" : "; missing: \(missing.joined(separator: " "))"),
      missing.isEmpty ? .good : .limited, remedy: "Install Debian's own libavcodec59, or choose codec= of the film")
  }

  private static var memory: Check {
    let pages = Int(sysconf(Int32(_SC_AVPHYS_PAGES)))
    let size = Int(sysconf(Int32(_SC_PAGESIZE)))
    let megabytes = pages * size / 1_048_576
    return Check(
      "free memory", "\(megabytes) MB", megabytes >= 256 ? .good : .limited,
      remedy: "Braid wants about 150 MB for one file; close something")
  }

  private static var temporaryFolder: String {
    unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
  }

  private static func writing(_ subject: String, _ folder: String) -> Check {
    let path = "\(folder)/.braid-doctor-\(getpid())"
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let cause = unsafe String(cString: strerror(errno))
      return Check(
        subject, "\(folder) cannot be written (\(cause))", .limited,
        remedy: "Write records to stdout or to another folder")
    }
    close(descriptor)
    unsafe unlink(path)
    return Check(subject, "\(folder) can be written")
  }

  private static func models(_ folders: [String]) -> [Check] {
    let present = folders.filter { unsafe access($0, R_OK) == 0 }
    return [
      Check(
        "models by name",
        present.isEmpty ? "no folder among \(folders.joined(separator: ", "))" : present.joined(separator: ", "),
        present.isEmpty ? .limited : .good,
        remedy: "Name models by path, run 'make install', or set BRAID_MODELS to a folder of models")
    ]
  }
}
