public import BraidCore

/// Where something that moves strikes something and turns back, told from small pictures alone, without a model.
///
/// Between consecutive pictures a single compact region must change (one thing before a still ground; otherwise nothing
/// is told). Its centre, at the time halfway between the two, gives a path. For each place of the path a line is fitted by
/// least squares to the points of 0.1 s (3 to 6) before it and one to those after it: velocities `v` and `w`. With
/// `j = w - v` it is a hit when both lines fit, the velocity along `j` turns over (`v·j < -0.15 |j|²`, `w·j > 0.15 |j|²`), the
/// speed after is at most 2.5 times that before, and along `j` the two lines, with the point between them as deep as two
/// pictures about a sharp corner put it, leave at most a fifth of the squares that the best parabola leaves: on a smooth turn
/// it is the other way round. The time is where the lines cross along `j`. Of neighbouring places the best fit is taken. A hit is
/// known 5 to 8 pictures after it; hits lie at least 0.15 s apart. Lengths are in pixels of the picture given: about 160 by 90
/// is meant. Allocates: only when the picture's size changes.
public struct PictureHitDetector: Sendable {
  private struct Point {
    var time: MediaTime
    var x: Double
    var y: Double
  }

  /// A straight stretch: position at a time of reference, velocity a second, and the root mean square of what is left.
  private struct Line {
    var x = 0.0
    var y = 0.0
    var vx = 0.0
    var vy = 0.0
    var error = 0.0

    var speed: Double { (vx * vx + vy * vy).squareRoot() }
  }

  private struct Corner {
    var time: MediaTime
    /// 0 for lines that fit and cross at the place; smaller is better.
    var doubt: Double
    var age = 0
  }

  private static let capacity = 13
  /// How much less a corner leaves of the path, in squares, than a parabola must.
  private static let sharpness = 0.2
  private static let longestPause = MediaDuration.milliseconds(150)
  private static let separation = MediaDuration.milliseconds(150)

  private var blob = MovingBlob()
  private var points: [Point] = []
  /// The time of the picture that the next is compared with.
  private var reference: MediaTime?
  private var best: Corner?
  private var lastHit = MediaTime.distantPast

  /// A detector that has seen no picture.
  public init() {
    points.reserveCapacity(Self.capacity + 1)
  }

  /// Takes the next picture; times increase.
  ///
  /// - Parameters:
  ///   - luma: `[height, width]` bytes, rows without padding, full range.
  ///   - width: pixels across, at least 1.
  ///   - height: pixels down, at least 1.
  ///   - time: the picture's.
  /// - Returns: a hit that this picture makes certain; it lies some pictures back.
  /// - Precondition: `luma` holds `width * height` bytes.
  public mutating func update(_ luma: Span<UInt8>, width: Int, height: Int, time: MediaTime) -> DetectedHit? {
    guard let change = blob.update(luma, width: width, height: height), let before = reference else {
      reference = time
      return lose()
    }
    switch change {
    case .none:
      return time - before > Self.longestPause ? lose() : nil
    case .diffuse:
      reference = time
      return lose()
    case .compact(let x, let y):
      reference = time
      let pause = time - before
      guard pause <= Self.longestPause, pause > .zero else { return lose() }
      points.append(Point(time: before + MediaDuration(nanoseconds: pause.nanoseconds / 2), x: x, y: y))
      if points.count > Self.capacity { points.removeFirst() }
      return advance()
    }
  }

  /// At the end or at a gap: a hit that no further picture can better.
  public mutating func finish() -> DetectedHit? { lose() }

  /// Forgets everything. For gaps and new epochs.
  public mutating func reset() { self = PictureHitDetector() }

  /// The path is broken: what was found on it stands.
  private mutating func lose() -> DetectedHit? {
    points.removeAll(keepingCapacity: true)
    return settle()
  }

  private mutating func advance() -> DetectedHit? {
    best?.age += 1
    if let corner = corner(), corner.time - lastHit > Self.separation {
      if corner.doubt < best?.doubt ?? .infinity { best = corner }
    }
    return best?.age ?? 0 >= 2 ? settle() : nil
  }

  private mutating func settle() -> DetectedHit? {
    guard let corner = best else { return nil }
    best = nil
    lastHit = corner.time
    return DetectedHit(time: corner.time, score: Float(max(0, min(1, 1 - corner.doubt / 2))))
  }

  /// The corner at the newest place that has enough points after it, if it is one.
  private func corner() -> Corner? {
    guard points.count >= 7, let first = points.first, let last = points.last else { return nil }
    let interval = (last.time - first.time).seconds / Double(points.count - 1)
    let reach = max(3, min(6, Int((0.1 / interval).rounded())))
    guard points.count > 2 * reach else { return nil }
    let place = points.count - 1 - reach
    let zero = points[place].time
    let before = line((place - reach)..<place, from: zero)
    let after = line((place + 1)..<(place + 1 + reach), from: zero)
    let jx = after.vx - before.vx
    let jy = after.vy - before.vy
    let jump = (jx * jx + jy * jy).squareRoot()
    let step = jump * interval
    guard step > 1 else { return nil }
    let ux = jx / jump
    let uy = jy / jump
    let towards = before.vx * ux + before.vy * uy
    let away = after.vx * ux + after.vy * uy
    let error = max(before.error, after.error)
    guard
      towards < -0.15 * jump, away > 0.15 * jump, after.speed < 2.5 * before.speed, error < 0.15 + 0.06 * step
    else { return nil }
    let apart = (after.x - before.x) * ux + (after.y - before.y) * uy
    let crossing = -apart / jump
    guard abs(crossing) < 0.8 * interval else { return nil }
    // Along `j`, from where the lines cross. The two pictures lie `part` and `1 - part` of the interval from the crossing;
    // a sharp corner puts their middle at `depth`.
    let crossX = (before.x + before.vx * crossing + after.x + after.vx * crossing) / 2
    let crossY = (before.y + before.vy * crossing + after.y + after.vy * crossing) / 2
    let part = crossing / interval + 0.5
    let depth =
      part > 1 ? -towards * (part - 0.5) : part < 0 ? away * (0.5 - part) : (-towards * part + away * (1 - part)) / 2
    var sharp = 0.0
    var smooth = Parabola()
    for index in (place - reach)...(place + reach) {
      let t = (points[index].time - zero).seconds - crossing
      let along = (points[index].x - crossX) * ux + (points[index].y - crossY) * uy
      let expected = index < place ? towards * t : index > place ? away * t : depth * interval
      sharp += (along - expected) * (along - expected)
      smooth.add(t / interval, along)
    }
    guard sharp < Self.sharpness * smooth.squares else { return nil }
    return Corner(
      time: zero + MediaDuration(nanoseconds: Int64(crossing * 1e9)),
      doubt: error / (0.15 + 0.06 * step) + abs(crossing) / interval)
  }

  /// The line through points, with time counted from `zero`.
  private func line(_ range: Range<Int>, from zero: MediaTime) -> Line {
    let count = Double(range.count)
    var (st, sx, sy) = (0.0, 0.0, 0.0)
    for index in range {
      st += (points[index].time - zero).seconds
      sx += points[index].x
      sy += points[index].y
    }
    let (mt, mx, my) = (st / count, sx / count, sy / count)
    var (stt, stx, sty) = (0.0, 0.0, 0.0)
    for index in range {
      let t = (points[index].time - zero).seconds - mt
      stt += t * t
      stx += t * (points[index].x - mx)
      sty += t * (points[index].y - my)
    }
    // Times increase, so there is always some spread.
    let (vx, vy) = (stx / stt, sty / stt)
    var squares = 0.0
    for index in range {
      let t = (points[index].time - zero).seconds - mt
      let (ex, ey) = (points[index].x - mx - vx * t, points[index].y - my - vy * t)
      squares += ex * ex + ey * ey
    }
    return Line(x: mx - vx * mt, y: my - vy * mt, vx: vx, vy: vy, error: (squares / count).squareRoot())
  }
}
