import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidPipeline

/// Files of lines, and how one follows the other.
@Suite("File sinks", .timeLimit(.minutes(1)))
struct FileSinkTests {
  private func channel(_ path: String, _ rotation: FileSink.Rotation?) throws -> SinkChannel {
    SinkChannel(
      SinkChannel.Settings(id: "test", capacity: 100_000, drop: .none),
      writer: try FileSink(path: path, rotation: rotation), clock: MonotonicClock(), ready: Signal(), place: 0,
      note: { _ in })
  }

  private func write(_ lines: [(String, Int64)], _ path: String, _ rotation: FileSink.Rotation?) throws -> SinkAccount {
    let channel = try channel(path, rotation)
    for (line, tag) in lines { channel.offer(Array(line.utf8), tag: tag) { false } }
    channel.drain { nil }
    channel.end { nil }
    return channel.account
  }

  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test("Files that are full are put away under rising numbers, whole lines each, and joined give everything")
  func bySize() throws {
    var generator = SeededGenerator.printed()
    let scratch = try Scratch()
    let path = scratch.path("out.jsonl")
    let lines = (0..<500).map { number in
      ("\(number) " + String(repeating: "x", count: Int.random(in: 0...90, using: &generator)) + "\n", Int64(0))
    }
    let account = try write(lines, path, FileSink.Rotation(bytes: 1000))
    #expect(account.lines == 500 && account.bytes == lines.reduce(0) { $0 + $1.0.utf8.count })
    var all = ""
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path).\(number)") {
      let part = try text("\(path).\(number)")
      #expect(part.utf8.count <= 1000 && part.hasSuffix("\n"))
      // No line would have fitted.
      all += part
      number += 1
    }
    #expect(number > 20)
    #expect(all + (try text(path)) == lines.map(\.0).joined())
  }

  @Test("A line that is longer than a file may be has a file of its own")
  func longLine() throws {
    let scratch = try Scratch()
    let path = scratch.path("out")
    let long = String(repeating: "y", count: 5000) + "\n"
    _ = try write([("a\n", 0), (long, 0), ("b\n", 0)], path, FileSink.Rotation(bytes: 1000))
    #expect(try text(path + ".1") == "a\n")
    #expect(try text(path + ".2") == long)
    #expect(try text(path) == "b\n")
  }

  @Test("By time a file ends where media time passes a multiple; empty stretches make no files")
  func byTime() throws {
    let scratch = try Scratch()
    let path = scratch.path("out")
    let second: Int64 = 1_000_000_000
    let lines: [(String, Int64)] = [
      ("head\n", FileSink.untimed), ("a\n", 0), ("b\n", 9 * second), ("c\n", 10 * second), ("d\n", 9 * second),
      ("e\n", 55 * second), ("end\n", FileSink.untimed),
    ]
    _ = try write(lines, path, FileSink.Rotation(every: .seconds(10)))
    #expect(try text(path + ".1") == "head\na\nb\n")
    #expect(try text(path + ".2") == "c\nd\n")
    #expect(try text(path) == "e\nend\n")
    #expect(!FileManager.default.fileExists(atPath: path + ".3"))
  }

  @Test("Only so many full files are kept; the next session goes on behind the last number and loses nothing")
  func keeping() throws {
    let scratch = try Scratch()
    let path = scratch.path("out")
    try scratch.write("out.x", Data())
    try scratch.write("out.007", Data())
    let rotation = FileSink.Rotation(bytes: 10, keep: 2)
    _ = try write((0..<5).map { ("line \($0)...\n", Int64(0)) }, path, rotation)
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).sorted()
    #expect(names == ["out", "out.007", "out.3", "out.4", "out.x"])
    _ = try write([("new\n", 0)], path, rotation)
    #expect(try text(path) == "new\n")
    #expect(try text(path + ".5") == "line 4...\n")
    #expect(!FileManager.default.fileExists(atPath: path + ".3"))
  }

  @Test("Who follows the name of the file misses no line")
  func following() throws {
    let scratch = try Scratch()
    let path = scratch.path("out")
    let tail = try BackgroundProcess("tail", ["-n", "+1", "-s", "0.02", "-F", path])
    let channel = try channel(path, FileSink.Rotation(bytes: 400))
    let lines = (0..<60).map { "line \($0) of sixty\n" }
    for line in lines {
      channel.offer(Array(line.utf8), tag: 0) { false }
      channel.flush()
      usleep(20000)
    }
    channel.end { nil }
    usleep(300_000)
    tail.kill()
    #expect(tail.readOutput() == lines.joined())
  }

  @Test("A full disk fails, and says what to do; what was offered is counted")
  func fullDisk() throws {
    let channel = try channel("/dev/full", nil)
    for _ in 0..<10 { channel.offer(Array("line\n".utf8), tag: 0) { false } }
    channel.drain { nil }
    channel.end { nil }
    #expect(channel.account.dropped == 10 && channel.account.lines == 0)
    #expect(channel.failure?.remedy.contains("room on the disk") == true)
    #expect(throws: PipelineError.self) { try FileSink(path: "/dev/full", rotation: FileSink.Rotation(bytes: 1000)) }
    #expect(throws: PipelineError.self) { try FileSink(path: "/no/such/folder/x", rotation: nil) }
  }
}
