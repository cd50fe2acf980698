import BraidTestSupport
import Foundation
import Testing

@testable import BraidInference

/// What is measured is kept by processor, and a file that is damaged is never more than useless.
@Suite struct KernelCacheTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path

  private func network() throws -> Model {
    var random = SeededGenerator(seed: 3)
    var network = QuantisedNetwork()
    var x = network.input("x", [1, 3, 24, 24])
    for (channels, filters) in [(3, 8), (8, 24), (24, 24)] {
      let count = filters * channels * 9
      let weights = network.constant(
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }, [filters, channels, 3, 3], type: 1)
      x = network.node("Conv", [x, weights], ints: ["kernel_shape": [3, 3], "pads": [1, 1, 1, 1]])[0]
      x = network.node("Relu", [x])[0]
    }
    network.output(x)
    return try network.model()
  }

  private func implementations(_ kernels: KernelChoice) throws -> [String] {
    var options = SessionOptions()
    options.kernels = kernels
    return try Plan(network(), options: options).stepInfo.map { "\($0.operation) \($0.implementation)" }
  }

  private func results(_ kernels: KernelChoice) throws -> [Float] {
    var options = SessionOptions()
    options.kernels = kernels
    let session = try InferenceSession(Plan(network(), options: options))
    let values = (0..<3 * 24 * 24).map { Float($0 % 17) / 17 }
    try session.write(values.span, toInput: 0)
    try session.run()
    var found = [Float](repeating: 0, count: session.outputs[0].shape?.elementCount ?? 0)
    var span = found.mutableSpan
    try session.read(output: 0, into: &span)
    return found
  }

  @Test("A measured plan computes what a plan by rule does, and the next one takes what was found")
  func measured() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let expected = try results(.rule)
    let largest = expected.reduce(1) { max($0, abs($1)) }
    for _ in 0..<2 {
      let found = try results(.measured(folder: folder))
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    }
    let path = KernelCache(folder: folder).path
    let written = try String(contentsOfFile: path, encoding: .utf8)
    #expect(written.split(separator: "\n").count == 4)
    let first = try implementations(.measured(folder: folder))
    #expect(try implementations(.measured(folder: folder)) == first)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == written)
  }

  @Test(
    "A damaged file is passed over and written anew",
    arguments: ["nothing", "title", "bytes", "names", "half", "unreadable"])
  func damaged(how: String) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let expected = try results(.measured(folder: folder))
    let path = KernelCache(folder: folder).path
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    var bytes = Data()
    switch how {
    case "title": bytes = Data((["another processor"] + lines.dropFirst()).joined(separator: "\n").utf8)
    case "bytes": bytes = Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 197) })
    case "names":
      let bad = lines.dropFirst().map { line in
        let fields = line.split(separator: "\t")
        return "\(fields[0])\tjit_1x1:avx512_core_amx_int8\town"
      }
      bytes = Data(([lines[0]] + bad + ["\t\t", "a\tb", "\u{0}"]).joined(separator: "\n").utf8)
    case "half": bytes = Data(lines.joined(separator: "\n").utf8.prefix(lines[0].utf8.count + 40))
    default: break
    }
    try bytes.write(to: URL(fileURLWithPath: path))
    if how == "unreadable" {
      try FileManager.default.removeItem(atPath: path)
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null")
    }
    let found = try results(.measured(folder: folder))
    let largest = expected.reduce(1) { max($0, abs($1)) }
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    let again = KernelCache(folder: folder)
    for line in lines.dropFirst() {
      #expect(again.known(String(line.split(separator: "\t")[0])) != nil)
    }
    #expect(!(try String(contentsOfFile: path, encoding: .utf8)).contains("amx_int8"))
  }

  @Test("Processors do not share a file")
  func processors() throws {
    let (one, other) = (KernelCache(folder: folder, processor: "one"), KernelCache(folder: folder, processor: "other"))
    #expect(one.path != other.path)
  }

  @Test("A folder that cannot be made is an error that says what to do")
  func unwritable() throws {
    let error = #expect(throws: InferenceError.self) { try results(.measured(folder: "/dev/null/braid")) }
    #expect(error?.code == .unwritable)
    #expect(error?.remedy.contains("XDG_CACHE_HOME") == true)
  }
}
