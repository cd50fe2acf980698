import Foundation

/// Random numbers that a seed determines (SplitMix64), for property tests. The seed is printed, so that a failure can be
/// repeated: `BRAID_TEST_SEED=… swift test`.
public struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  /// A generator that always gives the same numbers for the same seed.
  public init(seed: UInt64) {
    state = seed
  }

  /// A generator with the seed of `BRAID_TEST_SEED`, or a new one; prints it with the test's name.
  public static func printed(_ test: String = #function) -> SeededGenerator {
    let seed =
      ProcessInfo.processInfo.environment["BRAID_TEST_SEED"].flatMap(UInt64.init)
      ?? UInt64.random(in: 0...UInt64(UInt32.max))
    print("\(test): BRAID_TEST_SEED=\(seed)")
    return SeededGenerator(seed: seed)
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
