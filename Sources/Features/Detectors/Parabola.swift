/// The parabola that fits points best, by least squares; as much of it as tells how well it fits.
///
/// Sums are kept for `y = a + b t + c t²`; `t` should be about zero and of order one. Allocates: no.
struct Parabola {
  private var powers = (0.0, 0.0, 0.0, 0.0, 0.0)
  private var moments = (0.0, 0.0, 0.0)
  private var total = 0.0

  /// Takes a point.
  mutating func add(_ t: Double, _ y: Double) {
    let square = t * t
    powers.0 += 1
    powers.1 += t
    powers.2 += square
    powers.3 += square * t
    powers.4 += square * square
    moments.0 += y
    moments.1 += y * t
    moments.2 += y * square
    total += y * y
  }

  /// The sum of the squares that the best parabola leaves; 0 for fewer than three different `t`.
  var squares: Double {
    // Cholesky's way through the normal equations: each row takes its share out of the total.
    let p = powers
    guard p.0 > 0 else { return 0 }
    let (m1, m2) = (p.1 / p.0, p.2 / p.0)
    let d1 = p.2 - p.1 * m1
    guard d1 > 1e-12 else { return 0 }
    let k12 = p.3 - p.1 * m2
    let d2 = p.4 - p.2 * m2 - k12 * k12 / d1
    guard d2 > 1e-12 else { return 0 }
    let r1 = moments.1 - moments.0 * m1
    let r2 = moments.2 - moments.0 * m2 - r1 * k12 / d1
    return max(0, total - moments.0 * moments.0 / p.0 - r1 * r1 / d1 - r2 * r2 / d2)
  }
}
