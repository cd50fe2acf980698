internal import BraidCore
internal import BraidInference
internal import Foundation

/// Which classes samples are of, from a file of the user's.
///
/// A file `*.csv` has lines `WHAT,CLASS`, of which a first one with the words `file` or `index` is the heading. Any other has JSON
/// Lines: `{"file":…,"label":…}` or `{"index":…,"label":…}`. WHAT is a clip or array file by its path or its name, for all samples
/// from it, or the number of a sample of arrays, from 0; CLASS is one of the model's labels or its number, from 0, and of a model of
/// one event the event's name or `none`.
struct SampleLabels {
  private var byFile: [String: String] = [:]
  private var byPlace: [Int: String] = [:]
  private let path: String

  private struct Line: Decodable {
    var file: String?
    var index: Int?
    var label: Label
  }

  /// A text, or a number.
  private struct Label: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        text = "\(number)"
      } else {
        text = try container.decode(String.self)
      }
    }
  }

  /// - Throws: ``PipelineError/Code/configuration`` for a file that cannot be read, and for lines of another form, by number.
  init(path: String) throws(PipelineError) {
    self.path = path
    guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 20,
      let text = String(data: data, encoding: .utf8)
    else {
      throw PipelineError(
        .configuration, "the labels cannot be read", location: path,
        remedy: "Give a file of text (UTF-8), at most 64 MB: file,label in every line, or JSON Lines")
    }
    let isTable = path.lowercased().hasSuffix(".csv")
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      guard !line.isEmpty else { continue }
      let isUnderstood = isTable ? readRow(line, isFirst: number == 0) : readObject(line)
      guard isUnderstood else {
        throw PipelineError(
          .configuration, "'\(line.prefix(80))' says of no sample what it is", location: "\(path):\(number + 1)",
          remedy: isTable
            ? "Write file,label or index,label"
            : #"Write {"file":"a.wav","label":"yes"} or {"index":0,"label":"yes"}; tables are called *.csv"#)
      }
    }
    guard !byFile.isEmpty || !byPlace.isEmpty else {
      throw PipelineError(
        .configuration, "there are no labels in it", location: path, remedy: "Write file,label in every line")
    }
  }

  private mutating func readRow(_ line: String, isFirst: Bool) -> Bool {
    guard let comma = line.lastIndex(of: ",") else { return false }
    func field(_ text: Substring) -> String {
      let trimmed = text.trimmingCharacters(in: .whitespaces)
      guard trimmed.count >= 2, trimmed.hasPrefix("\""), trimmed.hasSuffix("\"") else { return trimmed }
      return String(trimmed.dropFirst().dropLast()).replacing("\"\"", with: "\"")
    }
    let (what, label) = (field(line[..<comma]), field(line[line.index(after: comma)...]))
    guard !what.isEmpty, !label.isEmpty else { return false }
    if isFirst, ["file", "index"].contains(what.lowercased()) { return true }
    if let place = Int(what), place >= 0 { byPlace[place] = label } else { byFile[what] = label }
    return true
  }

  private mutating func readObject(_ line: String) -> Bool {
    guard let line = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), !line.label.text.isEmpty else {
      return false
    }
    switch (line.file, line.index) {
    case (let file?, nil) where !file.isEmpty: byFile[file] = line.label.text
    case (nil, let place?) where place >= 0: byPlace[place] = line.label.text
    default: return false
    }
    return true
  }

  /// The label of a sample: that of its file's path, or of its file's name, or of its number.
  private func label(of file: String?, at place: Int?) -> String? {
    let named = file.flatMap { file in byFile[file] ?? byFile[String(file.split(separator: "/").last ?? "")] }
    return named ?? place.flatMap { byPlace[$0] }
  }

  /// Gives samples their labels.
  ///
  /// - Parameters:
  ///   - samples: in the order of their files.
  ///   - files: for each, the file that it is from; empty where it is from several.
  ///   - isNumbered: whether samples have numbers, being from arrays.
  ///   - classes: the model's labels; empty where only numbers are known.
  /// - Throws: ``PipelineError/Code/configuration`` for classes that the model does not have, and where no sample has a label.
  func mark(
    _ samples: inout [CalibrationSample], files: [String], isNumbered: Bool, classes: [String]
  ) throws(PipelineError) {
    var count = 0
    for place in samples.indices {
      let file = files.indices.contains(place) ? files[place] : nil
      guard let label = label(of: file, at: isNumbered ? place : nil) else { continue }
      samples[place].label = try name(of: label, classes)
      count += 1
    }
    guard count > 0 else {
      throw PipelineError(
        .configuration, "none of the \(samples.count) samples has a label in it", location: path,
        remedy: isNumbered
          ? "Name the samples by their numbers, from 0, or the files of arrays"
          : "Name the clips as they are called, or by their paths as they are given")
    }
  }

  /// What decoders call a class.
  private func name(of label: String, _ classes: [String]) throws(PipelineError) -> String {
    if classes.contains(label) { return label }
    if let number = Int(label), number >= 0 {
      if classes.isEmpty { return "\(number)" }
      if number < classes.count { return classes[number] }
    }
    let guess = Spelling.guess(label, among: classes).map { "Did you mean '\($0)'? " } ?? ""
    throw PipelineError(
      .configuration, "the model has no class '\(label)'", location: path,
      remedy: guess
        + (classes.isEmpty
          ? "Its classes have no names: give their numbers, from 0"
          : "It has \(classes.count): \(classes.prefix(12).joined(separator: ", "))"))
  }
}
