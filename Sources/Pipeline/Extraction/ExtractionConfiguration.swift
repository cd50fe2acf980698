internal import BraidCore
internal import BraidFeatures
public import BraidIngest

/// Everything that an extraction of features is told before it starts.
public struct ExtractionConfiguration: Sendable {
  /// What is written.
  public enum Format: String, Hashable, Sendable, CaseIterable {
    /// A `features` record for every stretch of rows.
    case jsonl
    /// NumPy's array `[rows, values]` of 32-bit floats, a file for each feature.
    case npy
    /// A line for each row, with its time in seconds, a file for each feature.
    case csv
  }

  /// Where it goes.
  enum Place: Equatable {
    case standardOutput
    case file(String)
    case folder(String)
  }

  /// Paths, URLs, or `-`; at least one. Each is read by itself, with a timeline of its own.
  public var inputs: [String]
  /// The features, with their settings: `rms,mfcc:librosa,bands=64`.
  public var features: String
  /// How each input is opened.
  public var inputOptions = InputOptions()
  /// What is written; nil to tell by the output's name, else JSON Lines.
  public var format: Format?
  /// A file, a folder, or `-` for standard output.
  public var output = "-"
  /// Inputs that are read at the same time, where each has files of its own.
  public var jobs = 1

  /// An extraction of `features` from `inputs`.
  public init(inputs: [String], features: String) {
    self.inputs = inputs
    self.features = features
  }

  /// The format that was asked for, or that the output's name has.
  var effectiveFormat: Format {
    format ?? Format.allCases.first { output.hasSuffix(".\($0.rawValue)") } ?? .jsonl
  }

  /// Where it goes.
  ///
  /// - Throws: `FeatureError` for what is no feature, ``PipelineError/Code/configuration`` for what cannot be written there.
  func place() throws -> Place {
    let selections = try FeatureSelection.parse(features, onStreams: false)
    guard !inputs.isEmpty else { throw refuse("no input was given", "INPUT", "Name a file, a URL or '-'") }
    guard jobs >= 1, jobs <= 256 else { throw refuse("\(jobs) inputs at a time", "--jobs", "Give 1 to 256") }
    var names: Set<String> = []
    for selection in selections where !names.insert(selection.name).inserted {
      throw refuse("'\(selection.name)' is named twice", "--features", "Name it once")
    }
    let format = effectiveFormat
    let isSingle = format == .jsonl || (inputs.count == 1 && selections.count == 1)
    if output == "-" {
      guard format != .npy else {
        throw refuse("an array cannot be written to standard output", "--format", "Give --output FILE.npy")
      }
      guard isSingle else {
        throw refuse("CSV of several inputs or features cannot share standard output", "--output", "Give a folder")
      }
      return .standardOutput
    }
    let isFile = output.hasSuffix(".\(format.rawValue)") && !FilePath.isFolder(output)
    if isFile, !isSingle {
      throw refuse(
        "\(inputs.count) inputs and \(selections.count) features do not fit one file", output, "Give a folder")
    }
    if isFile {
      for input in inputs where RecordSink.isSameFile(output, InputOpening.path(of: input)) {
        throw refuse("the output is the input, which would be lost", output, "Write to another file")
      }
      return .file(output)
    }
    var stems: [String: String] = [:]
    for input in inputs {
      if let other = stems.updateValue(input, forKey: FilePath.stem(input)) {
        throw refuse(
          "'\(other)' and '\(input)' would be written to the same file", output, "Extract them into two folders")
      }
    }
    return .folder(output)
  }

  private func refuse(_ message: String, _ location: String, _ remedy: String) -> PipelineError {
    PipelineError(.configuration, message, location: location, remedy: remedy)
  }
}
