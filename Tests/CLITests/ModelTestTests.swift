import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid model test` from outside.
  @Suite("Testing models", .timeLimit(.minutes(2)))
  struct ModelTestTests {
    private static let negative: [Float] = [-1, 0.5, .nan]

    @Test("What passed, failed and is unsupported is counted in the last line, and only a failure is status 1")
    func counts() throws {
      let scratch = try Scratch()
      let relu = SmallModel.model("Relu")
      try SmallModel.writeCase(scratch, "a/same", model: relu, inputs: [[-1, 0.5, 2]], output: [0, 0.5, 2])
      try SmallModel.writeCase(scratch, "a/close", model: relu, inputs: [[-1, 0.5, 2]], output: [0, 0.5, 2.001])
      try SmallModel.writeCase(
        scratch, "a/unknown", model: SmallModel.model("Divinate"), inputs: [[1, 2, 3]], output: [1, 2, 3])
      let good = try Program.run(["model", "test", scratch.path("a")])
      #expect(good.status == 0 && good.text == "2 passed, 0 failed, 1 unsupported\n")
      try SmallModel.writeCase(scratch, "a/off", model: relu, inputs: [[-1, 0.5, 2]], output: [0, 0.5, 2.1])
      let bad = try Program.run(["model", "test", scratch.path("a/off"), scratch.path("a"), "--verbose"])
      #expect(bad.status == 1)
      let lines = bad.text.split(separator: "\n").map(String.init)
      #expect(lines.last == "2 passed, 2 failed, 1 unsupported" && lines.count == 6)
      #expect(lines.contains("failed off: output y: 1 of 3 differ, most at [2]: 2.0 instead of 2.0999999046325684"))
      #expect(
        lines.contains { $0.hasPrefix("unsupported unknown: ") && $0.contains("Divinate") && $0.contains("the node") })
      #expect(lines.contains("passed same"))
      let list = try Program.run(["model", "test", scratch.path("a"), "--list", "unsupported"])
      #expect(list.text == "\(scratch.path("a/unknown"))\n2 passed, 1 failed, 1 unsupported\n")
    }

    @Test("A tolerance of the case's own counts; no number equals no number")
    func tolerance() throws {
      let scratch = try Scratch()
      let identity = SmallModel.model("Identity")
      try SmallModel.writeCase(
        scratch, "wide", model: identity, inputs: [[1, 2, 3]], output: [1, 2, 3.2],
        tolerance: #"{"rtol": 0.1, "atol": 0}"#)
      try SmallModel.writeCase(
        scratch, "narrow", model: identity, inputs: [[1, 2, 3]], output: [1, 2, 3.001],
        tolerance: #"{"rtol": 1e-9, "atol": 0}"#)
      try SmallModel.writeCase(scratch, "nan", model: identity, inputs: [Self.negative], output: Self.negative)
      try SmallModel.writeCase(
        scratch, "infinite", model: identity, inputs: [[1, 2, .infinity]], output: [1, 2, -.infinity])
      try SmallModel.writeCase(
        scratch, "torn", model: identity, inputs: [[1, 2, 3]], output: [1, 2, 3], tolerance: "{\"rtol\": ")
      let outcome = try Program.run(["model", "test", scratch.folder.path, "--verbose"])
      let lines = outcome.text.split(separator: "\n").map(String.init)
      #expect(lines.last == "2 passed, 3 failed, 0 unsupported" && outcome.status == 1)
      for name in ["passed wide", "passed nan", "failed narrow", "failed infinite"] {
        #expect(lines.contains { $0.hasPrefix(name) }, "\(name)")
      }
      #expect(lines.contains { $0.hasPrefix("failed torn") && $0.contains("tolerance.json") })
    }

    @Test("Data that lacks an input, has too many, or is broken is a failure that says so, and the others go on")
    func brokenData() throws {
      let scratch = try Scratch()
      let add = SmallModel.model("Add", inputs: ["a", "b"])
      try SmallModel.writeCase(scratch, "lacking", model: add, inputs: [[1, 2, 3]], output: [1, 2, 3])
      try SmallModel.writeCase(
        scratch, "many", model: add, inputs: [[1, 2, 3], [1, 2, 3], [1, 2, 3]], output: [2, 4, 6])
      try SmallModel.writeCase(scratch, "short", model: add, inputs: [[1, 2, 3], [1, 2]], output: [2, 4, 6])
      try SmallModel.writeCase(scratch, "text", model: add, inputs: [[1, 2, 3], [1, 2, 3]], output: [2, 4, 6])
      _ = try scratch.write("text/test_data_set_0/input_1.pb", Data("no tensor".utf8))
      try SmallModel.writeCase(scratch, "torn", model: add.prefix(add.count / 2), inputs: [], output: [])
      try SmallModel.writeCase(scratch, "whole", model: add, inputs: [[1, 2, 3], [1, 2, 3]], output: [2, 4, 6])
      let outcome = try Program.run(["model", "test", scratch.folder.path])
      #expect(outcome.status == 1 && outcome.text.hasSuffix("1 passed, 5 failed, 0 unsupported\n"))
      #expect(outcome.text.contains("failed lacking: ") && outcome.text.contains("input b is not given"))
      #expect(
        outcome.text.contains("failed many: ") && outcome.text.contains("more inputs than the model, which has 2"))
    }

    @Test("A run without end fails after the time limit, a process that dies fails its case, and the others go on")
    func endless() throws {
      let scratch = try Scratch()
      // So many values that the bound on a run's steps is far away.
      let values = (0..<16_384).map { Float($0) }
      for name in ["1", "2", "3", "4", "5"] {
        let model =
          ["2", "4"].contains(name)
          ? SmallModel.endless(values.count) : SmallModel.model("Relu", dimensions: [values.count])
        try SmallModel.writeCase(scratch, name, model: model, inputs: [values], output: values)
      }
      let running = try Program.Running(["model", "test", scratch.folder.path, "--timeout", "3", "--verbose"])
      while running.soFar.isEmpty { usleep(10_000) }
      // The worker is at its second case now; the one after it is left to the time limit.
      kill(try #require(running.child), SIGKILL)
      let outcome = try running.finish()
      let expected = """
        passed 1
        failed 2: crashed with signal 9
        passed 3
        failed 4: no end after 3 s
        passed 5
        3 passed, 2 failed, 0 unsupported

        """
      #expect(outcome.text == expected && outcome.status == 1)
    }

    @Test("No folder, no case in it, wrong arguments, a closed standard output")
    func usage() throws {
      let scratch = try Scratch()
      let missing = try Program.run(["model", "test", scratch.path("none")])
      #expect(missing.status == 3 && missing.output.isEmpty && missing.errors.contains("none"))
      let empty = try Program.run(["model", "test", scratch.folder.path])
      #expect(empty.status == 3 && empty.errors.contains("no case"))
      for arguments in [[], ["a", "--list", "odd"], ["a", "--threads", "0"], ["a", "--timeout", "0"]] {
        #expect(try Program.run(["model", "test"] + arguments).status == 2, "\(arguments)")
      }
      try SmallModel.writeCase(
        scratch, "same", model: SmallModel.model("Relu"), inputs: [[1, 2, 3]], output: [1, 2, 3])
      let closed = try Program.run(
        ["model", "test", scratch.folder.path, "--verbose"],
        prefix: ["bash", "-c", "set -o pipefail; { sleep 0.3; exec \"$0\" \"$@\"; } | true"])
      #expect(closed.status == 0 && closed.errors.isEmpty)
    }
  }
}
