/// Names of the classes of well-known data sets, in the order that models are trained with.
enum KnownLabels {
  /// The names in a text, which semicolons part.
  static func names(_ text: String) -> [String] {
    text.split(separator: ";").map { String($0.drop { $0 == " " }) }
  }

  /// COCO's 80 kinds of things (Lin et al. 2014), in the order of their numbers.
  static let coco = [
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant",
    "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard",
    "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket", "bottle",
    "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "sandwich", "orange", "broccoli",
    "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed", "dining table", "toilet",
    "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
  ]

  /// COCO's own numbers from 1 to 90, of which ten are not in use: those are called by their number.
  static let cocoNumbers: [String] = {
    let unused: Set = [12, 26, 29, 30, 45, 66, 68, 69, 71, 83]
    var names = coco[...]
    return (1...90).map { number in unused.contains(number) ? "\(number)" : names.popFirst() ?? "\(number)" }
  }()

  /// The feelings of FER-2013, in the order of oarriaga/face_classification.
  static let feelings = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  /// The words of MLPerf Tiny's keyword spotting.
  static let words = [
    "down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes", "silence", "unknown",
  ]
}
