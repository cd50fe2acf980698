internal import BraidFeatures

/// How much is in a stream's newest picture: its motion since the one before, cuts included, beside what is usual.
///
/// For the session's thread. Allocates: no, in the steady state.
final class PictureContent {
  /// Motion that counts about as much as none: two thousandths of all there can be.
  private static let floor = 0.002

  private let path: PicturePath
  /// What scales the pictures, where nobody else takes them: it need not while nothing is measured.
  let ownPath: PicturePath?
  private var motion = BlockMotion()
  private var hasPrevious = false
  private var relative = RelativeContent(floor: floor)
  /// The newest picture's, for the scheduler.
  private(set) var value = 1.0

  /// The content of the pictures that `path` scales, small gray ones; `isShared` says that others take them too.
  init(path: PicturePath, isShared: Bool) {
    self.path = path
    ownPath = isShared ? nil : path
  }

  /// Looks at the newest picture.
  func update() {
    path.picture(age: 0) { picture in
      _ = motion.update(picture.pixels.span, width: path.width, height: path.height)
      // Of the first nothing is known.
      value = hasPrevious ? relative.next(motion.distinct) : 1
      hasPrevious = true
    }
  }

  /// The newest picture is not looked at, and the next has none before it.
  func reset() {
    hasPrevious = false
    value = 1
  }
}
