import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// The way of records to their sink.
@Suite("Output")
struct OutputTests {
  private func event(_ name: String) -> EventRecord {
    var event = EventRecord()
    event.name = name
    event.isFinal = true
    return event
  }

  private struct Line: Decodable {
    var seq: Int
    var name: String
    var session: String?
  }

  @Test("Whatever the order in which records come, they leave by time, stream and model, numbered in that order")
  func order() throws {
    var generator = SeededGenerator.printed()
    for round in 0..<20 {
      let scratch = try Scratch()
      let path = scratch.path("records")
      do {
        let sink = try RecordSink.file(path)
        var ordered = OrderedOutput()
        ordered.sessionID = round % 2 == 0 ? "s" : nil
        var places: [(Int64, Int, Int)] = []
        for _ in 0..<200 {
          places.append(
            (
              Int64.random(in: 0..<20, using: &generator), Int.random(in: 0..<3, using: &generator),
              Int.random(in: -1..<3, using: &generator)
            ))
        }
        // Some leave on the way: what comes later is never before the bound.
        for bound: Int64 in [5, 12, .max] {
          for place in places where place.0 < bound && (bound == 5 || place.0 >= (bound == 12 ? 5 : 12)) {
            let name = "\(place.0 + 10) \(place.1) \(place.2 + 1)"
            ordered.add(
              LineOrder(time: MediaTime(nanoseconds: place.0), stream: place.1, model: place.2), RecordSubject(.event)
            ) {
              event(name).write(to: &$0)
            }
          }
          ordered.release(before: MediaTime(nanoseconds: bound), to: sink)
          #expect(ordered.count == 0)
        }
        sink.finish()
        #expect(sink.condition == .open)
      }
      let lines = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: 10)
        .map { try JSONDecoder().decode(Line.self, from: $0) }
      #expect(lines.count == 200)
      #expect(lines.map(\.seq) == Array(0..<200))
      #expect(lines.map(\.name) == lines.map(\.name).sorted())
      #expect(lines.allSatisfy { $0.session == (round % 2 == 0 ? "s" : nil) })
    }
  }

  @Test("What is not before the bound stays")
  func bound() throws {
    let sink = try RecordSink.file("/dev/null")
    var ordered = OrderedOutput()
    for time: Int64 in [1, 2, 3] {
      ordered.add(LineOrder(time: MediaTime(nanoseconds: time), stream: 0, model: 0), RecordSubject(.event)) {
        event("e").write(to: &$0)
      }
    }
    ordered.release(before: MediaTime(nanoseconds: 2), to: sink)
    #expect(ordered.count == 2)
    ordered.release(before: MediaTime(nanoseconds: 2), to: sink)
    #expect(ordered.count == 2)
    ordered.release(before: .distantFuture, to: sink)
    #expect(ordered.count == 0)
  }

  @Test("A full disk fails with what to do, once, and the sink stays quiet from then on")
  func full() throws {
    let sink = try RecordSink.file("/dev/full")
    sink.write(Array("{}\n".utf8))
    sink.flush()
    guard case .failed(let error) = sink.condition else {
      Issue.record("\(sink.condition)")
      return
    }
    #expect(error.code == .outputFailed && error.location == "/dev/full")
    #expect(error.cause?.contains("No space left") == true && error.remedy.contains("room"))
    sink.write(Array("{}\n".utf8))
    sink.finish()
    #expect(sink.condition == .failed(error))
  }

  @Test("A path that cannot be opened is an error that names it")
  func unopened() {
    #expect {
      _ = try RecordSink.file("/no/such/folder/x")
    } throws: {
      ($0 as? PipelineError)?.location == "/no/such/folder/x" && ($0 as? PipelineError)?.cause != nil
    }
  }

  @Test("Two names of one file are the same file")
  func same() throws {
    let scratch = try Scratch()
    let path = try scratch.write("a", Data([1]))
    try FileManager.default.createSymbolicLink(atPath: scratch.path("b"), withDestinationPath: path)
    #expect(RecordSink.isSameFile(path, scratch.path("b")))
    #expect(RecordSink.isSameFile(path, "file://" + path))
    #expect(!RecordSink.isSameFile(path, try scratch.write("c", Data([1]))))
    #expect(!RecordSink.isSameFile("/dev/null", "/dev/null"))
    #expect(!RecordSink.isSameFile(scratch.path("none"), path))
  }
}
