import ArgumentParser
import BraidCore
import BraidFeatures

/// `braid schema`
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of the records that `braid run` writes.")

  func run() {
    print(RecordSchema.json(featureNames: FeatureCatalog.namePattern))
  }
}
