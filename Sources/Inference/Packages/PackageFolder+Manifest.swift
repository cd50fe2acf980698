/// The fields of a `braid.json` as they stand in the file.
extension PackageFolder {
  struct Manifest: Decodable {
    var format: String
    var name: String
    var version: String
    var model: String
    var variants: [String: String]?
    var tick: String?
    var inputs: [Input]
    var output: Output?
  }

  struct Input: Decodable {
    var name: String
    var kind: String
    var features: String?
    var bands: Int?
    var rate: Int?
    var rows: Int?
    var hop_rows: Int?
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
  }

  struct Output: Decodable {
    var name: String?
    var decoder: String
    var event: String?
    var shape: String?
    var threshold: Float?
    var off_threshold: Float?
    var rows: [Int]?
    var frame: Int?
    var min_gap_ms: Int?
    var min_on_ms: Int?
    var min_off_ms: Int?
    var pad_ms: Int?
    var scores: String?
    var boxes: String?
    var labels: [String]?
    var overlap: Float?
  }
}
