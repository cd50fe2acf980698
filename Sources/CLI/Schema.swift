import ArgumentParser
import BraidCore
import BraidFeatures

/// `braid schema`
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of the records that `braid run` writes.",
    discussion: """
      Examples:
        braid schema > braid-1.schema.json
        braid schema | jq -r '."$defs" | keys[]'
        braid run clip.mp4 | python3 -m jsonschema -i /dev/stdin <(braid schema)
      """)

  func run() {
    print(RecordSchema.json(featureNames: FeatureCatalog.namePattern))
  }
}
