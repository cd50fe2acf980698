internal import BraidCore
internal import BraidFeatures

/// Takes the rows of a session's features in place of records.
///
/// For the session's thread. Rows of one feature come in order of time; those of different features as they are computed.
protocol RowReceiver: AnyObject {
  /// Whether it can take more.
  var condition: RecordSink.Condition { get }

  /// Called once, before any row.
  ///
  /// - Parameter features: what will come, by place.
  /// - Throws: ``PipelineError/Code/outputFailed``.
  func begin(_ features: [RowDescription]) throws(PipelineError)

  /// Takes rows of the feature at a place.
  func take(_ record: FeaturesRecord, place: Int)

  /// Takes a stretch that is missing: the rows after it begin anew.
  func take(_ gap: GapRecord)

  /// Called once, at the end.
  ///
  /// - Parameter isComplete: whether the input was read to its end.
  func finish(isComplete: Bool)
}

/// What a receiver is told of a feature.
struct RowDescription {
  /// With its settings: `mfcc:librosa,top-db=none`.
  let name: String
  /// Values in a row.
  let dimension: Int
  /// What each value is: its name, else its number; the feature's name where it has one value.
  let columns: [String]

  init(_ selection: FeatureSelection, dimension: Int) {
    name = selection.name
    self.dimension = dimension
    let names = selection.definition.columns
    columns =
      dimension == names.count
      ? names : dimension == 1 ? [selection.definition.name] : (0..<dimension).map(String.init)
  }
}
