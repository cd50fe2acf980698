/// The generator MT19937 (Matsumoto and Nishimura, 1998), which NumPy's seeded functions use as well.
///
/// State takes 2.5 kB; `next` allocates nothing.
struct MersenneTwister {
  private var state: [UInt32]
  private var index = 624

  /// The generator that starts from `seed`.
  init(seed: UInt32) {
    state = [UInt32](repeating: 0, count: 624)
    state[0] = seed
    for i in 1..<624 {
      let last = state[i - 1]
      state[i] = 1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(i)
    }
  }

  private mutating func refill() {
    for i in 0..<624 {
      let word = (state[i] & 0x8000_0000) | (state[(i + 1) % 624] & 0x7fff_ffff)
      state[i] = state[(i + 397) % 624] ^ (word >> 1) ^ (word & 1 == 0 ? 0 : 0x9908_b0df)
    }
    index = 0
  }

  /// The next 32 bits.
  mutating func next() -> UInt32 {
    if index == 624 { refill() }
    var word = state[index]
    index += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9d2c_5680
    word ^= (word << 15) & 0xefc6_0000
    return word ^ (word >> 18)
  }

  /// The next number from 0 up to, not including, 1, of 53 bits.
  mutating func uniform() -> Double {
    let (high, low) = (next() >> 5, next() >> 6)
    return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
  }

  /// The next number of the standard normal distribution, by Box and Muller's transform.
  mutating func normal() -> Double {
    let radius = (-2 * Double.logarithm(1 - uniform())).squareRoot()
    return radius * Double.cosine(2 * .pi * uniform())
  }
}
