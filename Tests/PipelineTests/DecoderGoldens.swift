import BraidCore
import BraidTestSupport
import Foundation

@testable import BraidInference
@testable import BraidPipeline

/// Random outputs with what NumPy makes of them, by tools/make_decoder_goldens.py.
struct DecoderGoldens: Decodable {
  struct Tensor: Decodable {
    var name: String
    var shape: [Int]
    var values: [Float]
  }

  struct Settings: Decodable {
    var activation: ModelDescription.Activation?
    var limit: Int?
    var threshold: Float?
    var overlap: Float?
    var suppression: ModelDescription.Detections.Suppression?
    var multiLabel: Bool?
    var labels: Int?
    var form: ModelDescription.BoxForm?
    var pixels: Bool?
    var first: Bool?
    var background: Bool?
    var priors: [Level]?
    var landmarks: String?
    var grid: [Int]?
    var distribution: [Int]?
    var bins: Int?
    var heads: [String]?
    var combined: String?
    var objectness: ModelDescription.Detections.Objectness?
    var selected: Bool?
    var firstClass: Int?
    var last: Bool?
    var symbols: String?
    var steps: Int?
    var windows: Int?
    var hop: Int?
    var smoothing: Int?
    var suppressionMilliseconds: Int?

    struct Level: Decodable {
      var stride: Int
      var sizes: [[Float]]
    }

    enum CodingKeys: String, CodingKey {
      case activation, limit, threshold, overlap, suppression, labels, form, pixels, first, background, priors
      case landmarks, grid, distribution, bins, heads, combined, objectness, selected, last, symbols, steps, windows
      case hop, smoothing
      case multiLabel = "multi_label"
      case firstClass = "first_class"
      case suppressionMilliseconds = "suppression_ms"
    }
  }

  struct Found: Decodable {
    var label: Int?
    var score: Float?
    var box: [Float]?
    var landmarks: [[Float]]?
    var size: [Int]?
    var counts: [Int]?
    var run: Int?
    var text: String?
    var start: Int?
    var end: Int?
  }

  enum Expected: Decodable {
    case list([Found])
    case text(String, [Found])

    private struct Text: Decodable {
      var text: String
      var words: [Found]
    }

    init(from decoder: any Decoder) throws {
      if let text = try? Text(from: decoder) {
        self = .text(text.text, text.words)
      } else {
        self = .list(try [Found](from: decoder))
      }
    }

    var found: [Found] {
      switch self {
      case .list(let found), .text(_, let found): found
      }
    }
  }

  struct Case: Decodable {
    var kind: String
    var name: String
    var picture: [Int]?
    var outputs: [Tensor]
    var settings: Settings
    var expected: Expected

    /// What a model with these outputs gives.
    var modelOutputs: ModelOutputs {
      ModelOutputs(
        id: "golden@1.0.0", outputs: outputs.map { ModelOutputs.Output(name: $0.name, shape: $0.shape) },
        picture: picture.map { ($0[0], $0[1]) })
    }

    var values: [[Float]] { outputs.map(\.values) }
  }

  var cases: [Case]

  /// The cases of a kind; a missing file fails.
  static func cases(_ kind: String) throws -> [Case] {
    let url = SharedData.packageRoot.appendingPathComponent("Tests/PipelineTests/Goldens/decoders.json")
    return try JSONDecoder().decode(DecoderGoldens.self, from: Data(contentsOf: url)).cases.filter { $0.kind == kind }
  }
}

extension ModelDescription.Activation: Decodable {}
extension ModelDescription.BoxForm: Decodable {}
extension ModelDescription.Detections.Suppression: Decodable {}
extension ModelDescription.Detections.Objectness: Decodable {}
