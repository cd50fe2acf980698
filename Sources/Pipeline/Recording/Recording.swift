internal import BraidCore
internal import BraidIngest
import Foundation
internal import Glibc

/// A folder with a recorded session: `session.json` (what it was), `journal` (what reached the session's thread, and when)
/// and for each input with pictures `input-N.packets`, its packets as they came.
struct Recording {
  /// What a recorded session was: everything but what came.
  struct Header: Codable {
    /// The layout of the folder's files.
    var format = 1
    /// Braid's version.
    var version: String
    var id: String
    var host: String
    /// Nanoseconds since the Unix epoch.
    var started: Int64
    /// Nanoseconds from the session's clock to the Unix epoch's.
    var wallOffset: Int64
    /// When the session was made, and when its time was zero, on its clock.
    var made: Int64
    var zero: Int64
    var inputs: [InputDescription]
    /// The models that ran, `name@version`.
    var models: [String]
    /// How many lanes ran them: runs that may have been under way at once. One where nothing is said.
    var lanes: Int?
    var options: RecordedOptions
  }

  let folder: String

  var journalPath: String { "\(folder)/journal" }
  var headerPath: String { "\(folder)/session.json" }
  func packetsPath(input: Int) -> String { "\(folder)/input-\(input).packets" }

  /// Makes the folder, which may be there but must hold no recording.
  static func make(_ folder: String) throws(PipelineError) -> Recording {
    let recording = Recording(folder: folder)
    if unsafe mkdir(folder, 0o777) != 0, errno != EEXIST { throw recording.outputError(errno) }
    if unsafe access(recording.headerPath, F_OK) == 0 {
      throw PipelineError(
        .configuration, "there is a recording in the folder already", location: folder,
        remedy: "Give another folder, or remove that one")
    }
    return recording
  }

  /// Writes the header.
  func write(_ header: Header) throws(PipelineError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try encoder.encode(header).write(to: URL(fileURLWithPath: headerPath))
    } catch {
      throw PipelineError(
        .outputFailed, "the recording cannot be written", location: headerPath, remedy: "Choose another folder",
        cause: error.localizedDescription)
    }
  }

  /// Makes the journal.
  func makeJournal() throws(PipelineError) -> JournalWriter {
    guard let entries = EntryWriter(path: journalPath, kind: JournalWriter.kind) else { throw outputError(errno) }
    return JournalWriter(entries)
  }

  /// Reads the header.
  func header() throws(PipelineError) -> Header {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: headerPath))
    } catch {
      throw PipelineError(
        .brokenRecording, "there is no recording that can be read", location: folder,
        remedy: "Give a folder that --record made", cause: error.localizedDescription)
    }
    do {
      let header = try JSONDecoder().decode(Header.self, from: data)
      guard header.format == 1 else {
        throw PipelineError(
          .brokenRecording, "the recording is of format \(header.format), and this Braid reads 1", location: folder,
          remedy: "Use the Braid that made it: \(header.version)")
      }
      return header
    } catch let error as PipelineError {
      throw error
    } catch {
      throw PipelineError(
        .brokenRecording, "the recording's description is damaged", location: headerPath, remedy: "Record again",
        cause: String(describing: error))
    }
  }

  /// Opens the journal.
  func openJournal() throws(PipelineError) -> JournalReader {
    guard let entries = EntryReader(path: journalPath, kind: JournalWriter.kind) else {
      throw PipelineError(
        .brokenRecording, "the recording's journal cannot be read", location: journalPath, remedy: "Record again")
    }
    return JournalReader(entries)
  }

  func outputError(_ error: Int32) -> PipelineError {
    PipelineError(
      .outputFailed, "the recording cannot be written", location: folder,
      remedy: error == ENOSPC || error == EDQUOT
        ? "Make room on the disk, or record elsewhere" : "Choose another folder",
      cause: unsafe String(cString: strerror(error)))
  }
}
