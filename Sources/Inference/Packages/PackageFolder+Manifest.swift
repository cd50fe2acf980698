/// The fields of a `braid.json` as they stand in the file.
extension PackageFolder {
  struct Manifest: Decodable {
    var format: String
    var name: String
    var version: String
    var model: String
    var variants: Variants?
    var tick: String?
    var inputs: [Input]
    var output: Output?
    var schedule: [String: Setting]?
    var crops: [String: Setting]?
  }

  /// Other forms of the model: by name, for users to choose, or a ladder, for the scheduler.
  enum Variants: Decodable {
    case named([String: String])
    case ladder([Rung])

    struct Rung: Decodable {
      var file: String
      var value: Double
    }

    init(from decoder: any Decoder) throws {
      // Which of the two it is meant to be; what is wrong with it is then told of that.
      if (try? decoder.unkeyedContainer()) != nil {
        self = .ladder(try [Rung](from: decoder))
      } else {
        self = .named(try [String: String](from: decoder))
      }
    }

    var named: [String: String] {
      if case .named(let files) = self { files } else { [:] }
    }

    /// All that it names.
    var files: [String] {
      switch self {
      case .named(let files): Array(files.values)
      case .ladder(let rungs): rungs.map(\.file)
      }
    }
  }

  /// A setting by name: a number or a text.
  enum Setting: Decodable {
    case number(Double)
    case text(String)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    /// As the command line writes it.
    var text: String {
      switch self {
      case .number(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
      case .text(let text): text
      case .flag(let flag): flag ? "yes" : "no"
      }
    }
  }

  struct Input: Decodable {
    var name: String
    var kind: String
    var features: String?
    var bands: Int?
    var rate: Int?
    var rows: Int?
    var hopRows: Int?
    var hop: Int?
    var context: Int?
    var colour: String?
    var width: Int?
    var height: Int?
    var range: [Float]?
    var mean: [Float]?
    var std: [Float]?
    var fit: String?
    var layout: String?
    var frames: Int?
    var from: String?
    var value: Int?

    enum CodingKeys: String, CodingKey {
      case name, kind, features, bands, rate, rows, hop, context, colour, width, height, range, mean, std, fit, layout
      case frames, from, value
      case hopRows = "hop_rows"
    }
  }

  struct Output: Decodable {
    var name: String?
    var decoder: String
    var event: String?
    var shape: String?
    var threshold: Float?
    var offThreshold: Float?
    var rows: [Int]?
    var frame: Int?
    var minGapMilliseconds: Int?
    var minOnMilliseconds: Int?
    var minOffMilliseconds: Int?
    var padMilliseconds: Int?
    var scores: String?
    var boxes: String?
    var labels: [String]?
    var overlap: Float?

    enum CodingKeys: String, CodingKey {
      case name, decoder, event, shape, threshold, rows, frame, scores, boxes, labels, overlap
      case offThreshold = "off_threshold"
      case minGapMilliseconds = "min_gap_ms"
      case minOnMilliseconds = "min_on_ms"
      case minOffMilliseconds = "min_off_ms"
      case padMilliseconds = "pad_ms"
    }
  }
}
