import BraidInference
import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `braid model run` and `inspect` from outside.
  @Suite("Running and inspecting models", .timeLimit(.minutes(2)))
  struct ModelRunTests {
    private static func array(_ values: [Float], _ dimensions: [Int]? = nil) throws -> Data {
      let shape = try #require(TensorShape(dimensions ?? [values.count]))
      return Data(NPYFile.bytes(try #require(Tensor(values, shape: shape))))
    }

    @Test("Outputs are written by name, with slashes and colons made underscores")
    func outputs() throws {
      let scratch = try Scratch()
      let model = try scratch.write(
        "add.onnx", SmallModel.model("Add", inputs: ["a=b", "a"], output: "sum:0/of all", dimensions: [2, 3]))
      let a = try scratch.write("a.npy", try Self.array([1, 2, 3, 4, 5, 6], [2, 3]))
      let b = try scratch.write("b=b.npy", try Self.array([10, 20, 30, 40, 50, 60], [2, 3]))
      let outcome = try Program.run(
        ["model", "run", model, "--input", "a=\(a)", "--input", "a=b=\(b)", "--output", scratch.path("new/out")])
      #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.isEmpty, "\(outcome.errors)")
      let result = try NPYFile.read(path: scratch.path("new/out/sum_0_of all.npy"))
      #expect(result.shape.dimensions == [2, 3] && result.array(of: Float.self) == [11, 22, 33, 44, 55, 66])
      let limited = try Program.run(
        [
          "model", "run", model, "--input", "a=\(a)", "--input", "a=b=\(b)", "--output", scratch.path("o"),
          "--memory-limit", "10B",
        ])
      #expect(limited.status != 0 && limited.errors.contains("limit"))
    }

    @Test("Missing, unknown, wrong and broken inputs are told, and nothing is written")
    func failures() throws {
      let scratch = try Scratch()
      let model = try scratch.write("relu.onnx", SmallModel.model("Relu"))
      let good = try scratch.write("good.npy", try Self.array([1, 2, 3]))
      let torn = try scratch.write("torn.npy", try Self.array([1, 2, 3]).dropLast(2))
      let text = try scratch.write("text.npy", Data("1 2 3".utf8))
      let wide = try scratch.write("wide.npy", try Self.array([1, 2, 3, 4]))
      let out = scratch.path("out")
      let cases: [([String], Int32, String)] = [
        ([], 2, "input x is not given"), (["--input", "z=\(good)"], 2, "no input z"),
        (["--input", "x"], 2, "NAME=FILE"), (["--input", "x=\(torn)"], 3, "torn.npy"),
        (["--input", "x=\(text)"], 3, "text.npy"), (["--input", "x=\(wide)"], 2, "[4]"),
        (["--input", "x=\(scratch.path("none.npy"))"], 3, "none.npy"),
        (["--input", "x=\(good)", "--input", "x=\(good)"], 2, "twice"),
        (["--input", "x=\(good)", "--memory-limit", "much"], 2, "much"),
      ]
      for (arguments, status, says) in cases {
        let outcome = try Program.run(["model", "run", model, "--output", out] + arguments)
        #expect(outcome.status == status && outcome.errors.contains(says), "\(arguments): \(outcome.errors)")
        #expect(outcome.output.isEmpty && !FileManager.default.fileExists(atPath: out))
      }
      let missing = try Program.run(["model", "run", scratch.path("no.onnx"), "--output", out])
      #expect(missing.status == 4 && missing.errors.contains("no.onnx"))
      #expect(try Program.run(["model", "run", model, "--input", "x=\(good)"]).status == 2)
      let blocked = try Program.run(["model", "run", model, "--input", "x=\(good)", "--output", good])
      #expect(blocked.status == 6 && blocked.errors.contains("good.npy"))
    }

    @Test("What is inspected names inputs, outputs, operators, sizes and steps, as text and as JSON")
    func inspect() throws {
      let model = SharedData.sample("models/hit-sound")
      let outcome = try Program.run(["model", "inspect", model, "--json"])
      #expect(outcome.status == 0)
      let answer = try JSONDecoder().decode(JSONValue.self, from: outcome.output)
      #expect(answer["sha256"].string?.count == 64 && answer["metadata"]["opset"].string != nil)
      #expect(answer["inputs"].array.first?["name"].string != nil && !answer["outputs"].array.isEmpty)
      #expect(answer["operators"].object.values.allSatisfy { $0.count > 0 } && !answer["operators"].object.isEmpty)
      #expect(answer["parameters"].count > 100 && answer["parameter_bytes"].count > 100)
      #expect(answer["multiply_adds"].count > 1000 && answer["session_bytes"].count > 0)
      #expect(answer["steps"].array.contains { $0["provider"].string == "oneDNN" })
      let text = try Program.run(["model", "inspect", model]).text
      for word in ["inputs", "outputs", "operators", "parameters", "operations", "memory", "steps", "oneDNN"] {
        #expect(text.contains(word), "\(word)")
      }
    }

    @Test("A model that will not run is inspected all the same; wrong arguments and files are not")
    func inspectFailures() throws {
      let scratch = try Scratch()
      let strange = try scratch.write("strange.onnx", SmallModel.model("Divinate"))
      let outcome = try Program.run(["model", "inspect", strange])
      #expect(outcome.status == 0 && outcome.text.contains("1  Divinate") && outcome.text.contains("not supported"))
      let relu = try scratch.write("relu.onnx", SmallModel.model("Relu"))
      let add = try Program.run(["model", "inspect", relu, "--json"])
      let answer = try JSONDecoder().decode(JSONValue.self, from: add.output)
      #expect(answer["multiply_adds"].number == 0 && answer["parameters"].number == 0)
      #expect(try Program.run(["model", "inspect", relu, "--dims", "z=1"]).status == 2)
      #expect(try Program.run(["model", "inspect"]).status == 2)
      let torn = try scratch.write("torn.onnx", SmallModel.model("Relu").dropLast(20))
      #expect(try Program.run(["model", "inspect", torn]).status == 4)
    }
  }
}
