internal import BraidCore

/// Something that is followed from picture to picture.
struct Track {
  /// How much places, sizes and their speeds wander, in parts of the box: DeepSORT's and ByteTrack's weights at 30 pictures a
  /// second, 1/20 and 1/160 a picture, as densities over time.
  private static let measurement = 1.0 / 20
  private static let placeNoise = measurement * 30.0.squareRoot()
  private static let velocityNoise = 30.0 / 160 * 30.0.squareRoot()

  let label: String
  /// Its number; nil until it has been seen for long enough.
  var number: Int?
  let born: MediaTime
  /// When it was seen last.
  private(set) var seen: MediaTime
  /// When its filters stand at.
  private var time: MediaTime
  /// Whether it was out of sight at the last picture.
  private(set) var isLost = false
  private var x: MotionFilter
  private var y: MotionFilter
  private var width: MotionFilter
  private var height: MotionFilter

  /// One that begins with a detection.
  init(_ detection: ModelOutput.Detection, at time: MediaTime) {
    label = detection.label
    (born, seen, self.time) = (time, time, time)
    let (w, h) = (Double(detection.width), Double(detection.height))
    func filter(_ place: Double, _ size: Double) -> MotionFilter {
      MotionFilter(
        place, placeDeviation: 2 * Self.measurement * size, velocityDeviation: 10 * 30 / 160 * size)
    }
    x = filter(Double(detection.x) + w / 2, w)
    y = filter(Double(detection.y) + h / 2, h)
    width = filter(w, w)
    height = filter(h, h)
  }

  /// Moves it to a later time.
  mutating func predict(to later: MediaTime) {
    let seconds = Double((later - time).nanoseconds) / 1e9
    guard seconds > 0 else { return }
    time = later
    let (w, h) = (max(1e-6, width.place), max(1e-6, height.place))
    x.predict(seconds, placeNoise: Self.placeNoise * w, velocityNoise: Self.velocityNoise * w)
    y.predict(seconds, placeNoise: Self.placeNoise * h, velocityNoise: Self.velocityNoise * h)
    width.predict(seconds, placeNoise: Self.placeNoise * w, velocityNoise: Self.velocityNoise * w)
    height.predict(seconds, placeNoise: Self.placeNoise * h, velocityNoise: Self.velocityNoise * h)
  }

  /// Takes a detection of it, at the time that it was moved to.
  mutating func update(_ detection: ModelOutput.Detection) {
    let (w, h) = (Double(detection.width), Double(detection.height))
    let (across, down) = (Self.measurement * max(1e-6, width.place), Self.measurement * max(1e-6, height.place))
    x.update(Double(detection.x) + w / 2, deviation: across)
    y.update(Double(detection.y) + h / 2, deviation: down)
    width.update(w, deviation: across)
    height.update(h, deviation: down)
    seen = time
    isLost = false
  }

  /// It was not in the picture that it was moved to. While it is out of sight its size stays.
  mutating func miss() {
    isLost = true
    width.stop()
    height.stop()
  }

  /// How much of it and a detection is common: intersection over union, 0 to 1.
  func overlap(_ detection: ModelOutput.Detection) -> Double {
    let (w, h) = (width.place, height.place)
    guard w > 0, h > 0 else { return 0 }
    let (left, top) = (Double(detection.x), Double(detection.y))
    let (otherWidth, otherHeight) = (Double(detection.width), Double(detection.height))
    let across = min(x.place + w / 2, left + otherWidth) - max(x.place - w / 2, left)
    let down = min(y.place + h / 2, top + otherHeight) - max(y.place - h / 2, top)
    guard across > 0, down > 0 else { return 0 }
    let common = across * down
    return common / (w * h + otherWidth * otherHeight - common)
  }
}
