internal import BraidCore

/// A package's description as it was read: what ``ModelDescription`` says, and which files belong to it.
struct PackageManifest {
  /// Other forms of the model: by name, for users to choose, or a ladder, for the scheduler.
  enum Variants {
    case named([(name: String, file: String)])
    case ladder([(file: String, value: Double)])

    /// All files that it names.
    var files: [String] {
      switch self {
      case .named(let variants): variants.map(\.file)
      case .ladder(let rungs): rungs.map(\.file)
      }
    }
  }

  static let format = "braid-model/1"

  /// Where the files lie.
  var files: PackageFiles
  /// The document that it was read from, for the places of fields.
  var document: Document
  /// What it says of the model; nil where too little of it can be read.
  var description: ModelDescription?
  /// The model's file; nil where that cannot be read.
  var model: String?
  var variants: Variants
  /// The SHA-256 of files, by name; in lower case.
  var hashes: [String: String]
  /// The file that the labels were read from.
  var labelFile: String?

  /// All files that it names, sorted.
  var mentioned: [String] {
    Set([model, labelFile].compactMap(\.self) + variants.files + hashes.keys).sorted()
  }

  /// The model's file, or that of one of its other forms.
  func file(_ name: String) -> PackageFile { PackageFile(files: files, name: name, hashes: hashes) }

  /// A fault of one field, with the place where it stands.
  func fault(_ field: String, _ message: String, remedy: String) -> InferenceError {
    InferenceError(
      .invalidPackage, message, location: "\(document.file):\(document.place(of: field)): \(field)", remedy: remedy)
  }
}

extension InferenceError {
  /// The faults of a description.
  init(_ error: DocumentError) {
    self.init(
      error.code == .unreadable ? .unreadable : .invalidPackage, error.message, location: error.location,
      remedy: error.remedy, cause: error.cause)
  }
}
