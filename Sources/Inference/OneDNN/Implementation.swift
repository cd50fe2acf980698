/// One way in which oneDNN computes an operation: an implementation by its name, and the layout that is asked of it.
struct Implementation: Hashable, Sendable {
  /// The layout that is asked for a convolution's source and result.
  enum Layout: String, Sendable, CaseIterable {
    /// The one that the implementation likes best.
    case own
    /// Channels innermost.
    case channelsLast
  }

  /// As oneDNN names it: `jit_dw:avx512_core`.
  var name: String
  var layout = Layout.own

  /// Those that may be taken in place of oneDNN's own choice. Each is tested on buffers that end at a page which cannot be
  /// touched, and against oneDNN's own choice (`ImplementationTests`); those on bytes give the same bytes. What is not
  /// named here is never taken but as oneDNN's own choice: `jit_1x1:avx512_core_amx_int8` writes outside its buffers, and
  /// those on bytes for processors without VNNI saturate on the way.
  static let allowed: Set<String> = [
    "brgconv:avx512_core", "brgconv_1x1:avx512_core", "brdgmm_dw:avx512_core", "jit:avx512_core", "jit_1x1:avx512_core",
    "jit_dw:avx512_core", "jit:avx2", "jit_1x1:avx2", "jit_dw:avx2",
    "brgconv:avx512_core_vnni", "brgconv_1x1:avx512_core_vnni", "jit_int8:avx512_core_vnni",
    "jit_int8_1x1:avx512_core_vnni", "brg:avx512_core", "brg:avx512_core_vnni", "gemm:jit",
  ]

  /// Those that are not taken even where oneDNN would.
  static let refused: Set<String> = ["jit_1x1:avx512_core_amx_int8"]
}

/// What of a convolution the rule looks at.
struct ConvolutionForm: Hashable, Sendable {
  var isReal: Bool
  var isDepthwise: Bool
  var groups: Int
  /// Input channels of all groups.
  var channels: Int
  /// Output channels of all groups.
  var filters: Int
  /// Places under the window.
  var windowPlaces: Int
  /// Places of the result in one picture.
  var outputPlaces: Int

  /// What to take in place of oneDNN's own choice, the best first; the first that oneDNN has is taken. Depends on nothing
  /// but the form, so that plans are the same from run to run (docs/design/0010).
  var preferred: [Implementation] {
    guard isReal else { return [] }
    if isDepthwise {
      // Eight channels fill a narrow vector and half of a wide one.
      let narrow = channels == 8 && outputPlaces > 64 ? [Implementation(name: "jit_dw:avx2")] : []
      return narrow + [Implementation(name: "jit_dw:avx512_core")]
    }
    // Products of few channels are too short for `brgconv`.
    if groups == 1, windowPlaces > 1, channels <= 32, filters <= 32 {
      return [Implementation(name: "jit:avx512_core", layout: .channelsLast)]
    }
    return []
  }
}
