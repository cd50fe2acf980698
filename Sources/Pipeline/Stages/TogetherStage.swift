internal import BraidCore
internal import BraidFeatures

/// Feeds a feature of sound and pictures together from one stream of each.
///
/// For the session's thread. Allocates: no, in the steady state.
final class TogetherStage {
  let feature: any SoundAndPictureFeature
  let sound: StreamSlot
  let picture: StreamSlot
  /// What takes each row, with its time.
  var listener: ((Span<Float>, MediaTime) -> Void)?
  private let path: PicturePath
  private var isFinished = false

  init(
    _ feature: any SoundAndPictureFeature, sound: StreamSlot, soundPath: SoundPath, picture: StreamSlot,
    picturePath: PicturePath
  ) {
    self.feature = feature
    self.sound = sound
    self.picture = picture
    path = picturePath
    soundPath.listen { [unowned self] samples, time in
      if !isFinished { feature.push(samples, time: time) { listener?($0, $1) } }
    }
  }

  /// No row that is still to come is earlier.
  var bound: MediaTime {
    isFinished ? .distantFuture : feature.bound ?? min(sound.position, picture.position)
  }

  /// Takes the newest picture, if it is of its stream.
  func takePicture(_ frame: VideoFrame, of stream: StreamSlot) {
    guard stream === picture, !isFinished else { return }
    path.picture(age: 0) { newest in
      let format = PictureFormat(width: path.width, height: path.height, matrix: newest.matrix)
      feature.push(newest.pixels.span, format: format, time: frame.time) { listener?($0, $1) }
    }
  }

  /// A run of a stream has ended. With the first of the two that is over for good, so is the feature.
  func endRun(of stream: StreamSlot) {
    guard stream === sound || stream === picture, !isFinished else { return }
    if stream.isFinished {
      feature.finish { listener?($0, $1) }
      isFinished = true
    } else if stream === sound {
      feature.breakSound()
    } else {
      feature.breakPictures()
    }
  }
}
