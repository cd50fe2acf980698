internal import BraidCore

/// Tells the default events of one stream.
final class DetectorStage {
  let stream: StreamSlot

  init(stream: StreamSlot) {
    self.stream = stream
  }

  func takePicture(_ frame: VideoFrame) {}

  func endRun(at time: MediaTime) {}
}
