internal import COneDNN
internal import COpenBLAS

/// What the libraries behind inference are, for `doctor` and the session record.
public struct InferenceLibraries: Sendable, Hashable {
  /// oneDNN's version, `2.6.3`.
  public let oneDNNVersion: String
  /// The widest instruction set that oneDNN uses here, as its `ONEDNN_MAX_CPU_ISA` names it, in lower case.
  public let instructionSet: String
  /// How 8-bit products are computed: `amx`, `avx512_vnni`, `avx512`, `avx2_vnni`, `avx2` or `generic`.
  public let int8Path: String
  /// Whether 8-bit products sum without saturating on the way. Without this, convolutions of unsigned values whose
  /// weights could saturate are computed in floating point.
  public let int8IsExact: Bool
  /// OpenBLAS's version, options and chosen core.
  public let openBLASConfiguration: String

  /// Asks the libraries. Cheap; any thread.
  public static var current: InferenceLibraries {
    let version = unsafe dnnl_version().pointee
    let isa = dnnl_get_effective_cpu_isa()
    let name: String
    let path: String
    switch isa {
    case dnnl_cpu_isa_sse41: (name, path) = ("sse41", "generic")
    case dnnl_cpu_isa_avx: (name, path) = ("avx", "generic")
    case dnnl_cpu_isa_avx2: (name, path) = ("avx2", "avx2")
    case dnnl_cpu_isa_avx2_vnni: (name, path) = ("avx2_vnni", "avx2_vnni")
    case dnnl_cpu_isa_avx512_mic: (name, path) = ("avx512_mic", "avx512")
    case dnnl_cpu_isa_avx512_mic_4ops: (name, path) = ("avx512_mic_4ops", "avx512")
    case dnnl_cpu_isa_avx512_core: (name, path) = ("avx512_core", "avx512")
    case dnnl_cpu_isa_avx512_core_vnni: (name, path) = ("avx512_core_vnni", "avx512_vnni")
    case dnnl_cpu_isa_avx512_core_bf16: (name, path) = ("avx512_core_bf16", "avx512_vnni")
    case dnnl_cpu_isa_avx512_core_amx: (name, path) = ("avx512_core_amx", "amx")
    default: (name, path) = ("isa \(isa.rawValue)", "generic")
    }
    return InferenceLibraries(
      oneDNNVersion: unsafe "\(version.major).\(version.minor).\(version.patch)", instructionSet: name, int8Path: path,
      int8IsExact: ["amx", "avx512_vnni", "avx2_vnni"].contains(path),
      openBLASConfiguration: unsafe openblas_get_config().map { unsafe String(cString: $0) } ?? "")
  }
}
