extension ModelDescription {
  /// Some of the numbers that an output has for each candidate: `count` from `first` on.
  public struct Columns: Hashable, Sendable {
    /// The output.
    public var output: String
    /// The first of them.
    public var first: Int
    /// How many; nil for all that are left.
    public var count: Int?

    /// All numbers of an output, or some.
    public init(_ output: String, from first: Int = 0, count: Int? = nil) {
      self.output = output
      self.first = first
      self.count = count
    }
  }

  /// Where a detector's candidates stand in its outputs: all of them, or those of one stride.
  public struct DetectionHead: Hashable, Sendable {
    /// What boxes are made of: 4 numbers, or 4 · bins.
    public var boxes: Columns
    /// One score for each class.
    public var scores: Columns
    /// How sure it is that there is anything; nil where the scores say it.
    public var objectness: Columns?
    /// Two numbers for each landmark; nil where there are none.
    public var landmarks: Columns?

    /// A head.
    public init(boxes: Columns, scores: Columns, objectness: Columns? = nil, landmarks: Columns? = nil) {
      self.boxes = boxes
      self.scores = scores
      self.objectness = objectness
      self.landmarks = landmarks
    }
  }

  /// The outputs of a detector that has chosen among its boxes itself.
  public struct SelectedBoxes: Hashable, Sendable {
    /// `[1, n, 4]`
    public var boxes: String
    /// `[1, n]`
    public var scores: String
    /// The number of each box's class, `[1, n]`; nil where there is one class.
    public var classes: String?
    /// How many of the boxes count, `[1]`; nil for all.
    public var count: String?
    /// The number of the class that the first label is for.
    public var firstClass: Int

    /// Outputs.
    public init(boxes: String, scores: String, classes: String? = nil, count: String? = nil, firstClass: Int = 0) {
      self.boxes = boxes
      self.scores = scores
      self.classes = classes
      self.count = count
      self.firstClass = firstClass
    }
  }

  /// Where boxes and scores are.
  public enum DetectionSource: Hashable, Sendable {
    /// Candidates among which the best have to be chosen; one head for all, or one for each stride.
    case heads([DetectionHead])
    /// Boxes that the model itself has chosen.
    case selected(SelectedBoxes)
  }

  /// The order of a box's four numbers.
  public enum BoxForm: String, Hashable, Sendable, CaseIterable {
    /// Left, top, right, bottom.
    case corners
    /// Top, left, bottom, right.
    case cornersRowFirst = "corners-row-first"
    /// Centre from the left and from above, width, height.
    case centres
    /// Left, top, width, height.
    case leftTopSize = "left-top-size"
  }

  /// What the numbers of a box are.
  public enum BoxEncoding: Hashable, Sendable {
    /// Places themselves, in 0 to 1 of the model's picture or in its pixels.
    case places(BoxForm, isInPixels: Bool)
    /// Offsets of centre and size from prior boxes, as SSD has them.
    case priors(Priors)
    /// Offsets from the cells of a grid for each stride, in strides, and logarithms of sizes, as YOLOX and YuNet have them:
    /// centre `(cell + offset) · stride`, size `exp(size) · stride`.
    case grid(strides: [Int])
    /// Distances of the four sides from the cell's centre, in strides, each as a distribution over 0 to bins - 1, of which
    /// the mean counts (Li et al., "Generalized Focal Loss", 2020; YOLOv8).
    case distribution(strides: [Int], bins: Int)

    /// Left, top, right, bottom, in 0 to 1 of the picture.
    public static let corners = BoxEncoding.places(.corners, isInPixels: false)
  }

  /// Prior boxes: at each cell of each level's grid, row by row, one box of each size.
  ///
  /// Liu et al., "SSD: Single Shot MultiBox Detector" (2016): with prior centre p and size s, a box has its centre at
  /// `p + offset · centreVariance · s` and the size `s · exp(offset · sizeVariance)`.
  public struct Priors: Hashable, Sendable {
    /// One grid.
    public struct Level: Hashable, Sendable {
      /// The size of a box, in pixels of the model's picture.
      public struct Size: Hashable, Sendable {
        /// Across.
        public var width: Float
        /// Down.
        public var height: Float

        /// A size.
        public init(width: Float, height: Float) {
          self.width = width
          self.height = height
        }
      }

      /// Pixels from one cell to the next.
      public var stride: Int
      /// The boxes at each cell.
      public var sizes: [Size]

      /// A grid with boxes of these sizes.
      public init(stride: Int, sizes: [Size]) {
        self.stride = stride
        self.sizes = sizes
      }

      /// A grid with square boxes.
      public init(stride: Int, sides: [Int]) {
        self.init(stride: stride, sizes: sides.map { Size(width: Float($0), height: Float($0)) })
      }
    }

    /// The grids, in the order of the model's boxes.
    public var levels: [Level]
    /// Scales the offsets of centres.
    public var centreVariance: Float
    /// Scales the offsets of sizes.
    public var sizeVariance: Float

    /// Prior boxes.
    public init(levels: [Level], centreVariance: Float = 0.1, sizeVariance: Float = 0.2) {
      self.levels = levels
      self.centreVariance = centreVariance
      self.sizeVariance = sizeVariance
    }
  }

  /// How boxes and scores become detections.
  public struct Detections: Hashable, Sendable {
    /// How a class's score and the objectness make one score.
    public enum Objectness: String, Hashable, Sendable, CaseIterable {
      /// Their product.
      case product
      /// The square root of it.
      case root
    }

    /// Which boxes suppress which.
    public enum Suppression: String, Hashable, Sendable, CaseIterable {
      /// Those of a class.
      case perClass = "per-class"
      /// All.
      case across
      /// None.
      case none
    }

    /// Where boxes and scores are.
    public var source: DetectionSource
    /// What the numbers of a box are.
    public var encoding: BoxEncoding
    /// Whether outputs are `[1, numbers, candidates…]`, not `[1, candidates…, numbers]`.
    public var hasNumbersFirst = false
    /// What makes probabilities of scores and objectness.
    public var activation = Activation.none
    /// How score and objectness make one.
    public var objectness = Objectness.product
    /// Whether the first score is that of nothing being there.
    public var hasBackground: Bool
    /// Whether each class that is sure enough counts, and not only a candidate's best.
    public var isMultiLabel = true
    /// Names of the classes after background; none, to name them by number.
    public var labels: [String]
    /// Scores below are not told, 0 to 1.
    public var threshold: Float
    /// Of two boxes that overlap by more (intersection over union), the better stays, 0 to 1.
    public var overlap: Float
    /// Which boxes suppress which.
    public var suppression = Suppression.perClass
    /// How many are told of a picture, the best first: 1 to 1000.
    public var limit = 200

    /// Boxes and scores with background in an output each.
    public init(
      scores: String, boxes: String, encoding: BoxEncoding, labels: [String], threshold: Float, overlap: Float
    ) {
      self.init(
        .heads([DetectionHead(boxes: Columns(boxes), scores: Columns(scores))]), encoding: encoding, labels: labels,
        threshold: threshold, overlap: overlap)
      hasBackground = true
    }

    /// Boxes and scores without background.
    public init(
      _ source: DetectionSource, encoding: BoxEncoding, labels: [String], threshold: Float, overlap: Float
    ) {
      self.source = source
      self.encoding = encoding
      self.labels = labels
      self.threshold = threshold
      self.overlap = overlap
      hasBackground = false
    }
  }
}
