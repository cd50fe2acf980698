import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// What models are given of pictures of another shape, and where what they find is told.
  @Suite("Pictures fitted into models", .timeLimit(.minutes(2)))
  struct FitTests {
    /// Two pictures of 160x120 whose red is the column and whose green is the row.
    private static func clip(_ scratch: Scratch) throws -> String {
      let path = scratch.path("clip.nut")
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "color=black:s=160x120:r=10:d=0.2", "-vf", "format=gbrp,geq=r='X':g='Y':b='128'",
        "-pix_fmt", "rgb24", "-c:v", "rawvideo", path)
      return path
    }

    private static func package(_ scratch: Scratch, _ name: String, _ model: Data, _ fields: String) throws -> String {
      let folder = scratch.path(name)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try scratch.write("\(name)/model.onnx", model)
      let text = "format: braid-model/1\nname: \(name)\nversion: 1.0.0\nmodel: model.onnx\n\(fields)"
      try scratch.write("\(name)/braid.yaml", Data(text.utf8))
      return folder
    }

    /// What a model of 32x32 is given of the first picture: red, green and blue by row and column, 0 to 255.
    private static func given(_ scratch: Scratch, _ fit: String) throws -> (Int, Int, Int) -> Double {
      let model = try package(
        scratch, "same", SmallModel.model("Relu", dimensions: [1, 3, 32, 32]),
        "inputs: [{name: x, kind: picture, width: 32, height: 32, range: [0, 255], \(fit)}]")
      let outcome = try Program.run(["run", "-q", try clip(scratch), "--model", model])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let values = try Records(outcome.output).results.first?["output"]["tensors"]["y"]["values"].array ?? []
      let numbers = values.compactMap(\.number)
      try #require(numbers.count == 3 * 32 * 32)
      return { channel, row, column in numbers[(channel * 32 + row) * 32 + column] }
    }

    @Test("contain keeps the shape and fills the rest")
    func contain() throws {
      let scratch = try Scratch()
      for (anchor, top) in [("centre", 4), ("corner", 0)] {
        let value = try Self.given(scratch, "fit: contain, pad: [114, 10, 20], anchor: \(anchor)")
        for row in 0..<32 {
          for column in 0..<32 {
            let inside = (top..<top + 24).contains(row)
            // Five columns and rows become one.
            let expected = inside ? [5 * Double(column) + 2, 5 * Double(row - top) + 2, 128] : [114, 10, 20]
            for channel in 0..<3 {
              #expect(abs(value(channel, row, column) - expected[channel]) <= (inside ? 1.5 : 0), "\(row) \(column)")
            }
          }
        }
      }
    }

    @Test("cover takes the middle")
    func cover() throws {
      let scratch = try Scratch()
      let value = try Self.given(scratch, "fit: cover")
      for row in 0..<32 {
        for column in 0..<32 {
          // 120x120 from column 20 on: 3.75 become one.
          #expect(abs(value(0, row, column) - (20 + 3.75 * Double(column) + 1.375)) <= 1.5)
          #expect(abs(value(1, row, column) - (3.75 * Double(row) + 1.375)) <= 1.5)
        }
      }
    }

    @Test("boxes are told in parts of the whole picture")
    func boxes() throws {
      let scratch = try Scratch()
      let clip = try Self.clip(scratch)
      // Of 16 rows contain has 12 of the picture from the third on; cover has 120 of 160 columns from 20 on.
      for (fit, expected) in [
        ("stretch", [0.25, 0.25, 0.5, 0.5]), ("contain", [0.25, 2.0 / 12, 0.5, 8.0 / 12]),
        ("cover", [50.0 / 160, 0.25, 60.0 / 160, 0.5]),
      ] {
        let model = try Self.package(
          scratch, "things", SmallModel.detector([(3, 0.25, 0.25, 0.75, 0.75)]),
          """
          inputs: [{name: x, kind: picture, width: 16, height: 16, colour: gray, fit: \(fit)}]
          output: {decoder: detections, scores: scores, boxes: boxes, labels: [thing], threshold: 0.1}
          """)
        let outcome = try Program.run(["run", "-q", clip, "--model", model])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let found = try Records(outcome.output).results.first?["output"]["detections"].array ?? []
        let box = found.first?["box"].array.compactMap(\.number) ?? []
        #expect(found.count == 1 && box.count == 4)
        for (value, wanted) in zip(box, expected) { #expect(abs(value - wanted) < 1e-4, "\(fit) \(box)") }
      }
    }
  }
}
