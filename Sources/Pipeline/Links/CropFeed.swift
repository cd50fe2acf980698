internal import BraidCore
internal import BraidInference
internal import BraidMedia

/// Which of another model's detections a model looks at, and how they are cut out of the picture.
struct CropFeed {
  /// The default of ``CropDescription/limit``.
  static let limit = 16

  /// Of the detections, those that count; nil for all.
  let label: String?
  private let margin: Float
  private let isSquare: Bool
  /// How many crops of a picture at most.
  let limit: Int

  init(label: String?, _ description: CropDescription) {
    self.label = label
    margin = description.margin ?? 0
    isSquare = description.isSquare ?? false
    limit = description.limit ?? Self.limit
  }

  /// Puts into a job what is to be looked at in its picture: the best detections, as many as there may be.
  ///
  /// - Returns: whether there is any.
  func cut(_ detections: [ModelOutput.Detection], from frame: VideoFrame, into job: ModelJob) -> Bool {
    job.crops.removeAll(keepingCapacity: true)
    job.found = 0
    for detection in detections where label == nil || detection.label == label {
      job.found += 1
      guard job.crops.count < limit else { continue }
      let region = PictureRegion(
        aroundX: detection.x, y: detection.y, width: detection.width, height: detection.height, margin: margin,
        isSquare: isSquare, in: frame.width, frame.height)
      job.crops.append(ModelJob.Crop(detection: detection, region: region))
    }
    job.pictureSize = (frame.width, frame.height)
    return job.found > 0
  }
}
