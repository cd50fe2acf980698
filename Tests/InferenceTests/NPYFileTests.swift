import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// NumPy's files of arrays, against files that NumPy wrote.
@Suite struct NPYFileTests {
  private static let folder = Goldens.folder.appendingPathComponent("Arrays").path

  /// The values that the script wrote to every file of whole and real numbers: 0 to 5, in two rows.
  private static let numbers: [ElementType] = [
    .float16, .float32, .float64, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64,
  ]

  @Test("Every numeric type is read, in both orders", arguments: numbers, ["C", "F"])
  func types(type: ElementType, order: String) throws {
    let tensor = try NPYFile.read(path: "\(Self.folder)/\(type)_\(order).npy")
    #expect(tensor.elementType == type && tensor.shape.dimensions == [2, 3])
    #expect(tensor.doubles == [0, 1, 2, 3, 4, 5])
  }

  @Test("Booleans, scalars, empty arrays, three axes in either order, texts and version 2 are read")
  func forms() throws {
    let read = { (name: String) in try NPYFile.read(path: "\(Self.folder)/\(name).npy") }
    let bool = try read("bool")
    #expect(bool.elementType == .bool && bool.doubles == [1, 0, 1])
    let scalar = try read("scalar")
    #expect(scalar.shape == .scalar && scalar.doubles == [2.5])
    #expect(try read("empty").shape.dimensions == [0, 3])
    #expect(try read("cube_F").doubles == (0..<24).map(Double.init))
    #expect(try read("texts").strings == ["", "ab", "\u{e9}\u{1f600}"])
    #expect(try read("version2").doubles == [1, 2])
  }

  @Test("Archives are read with the arrays' names, stored and compressed", arguments: ["stored", "packed"])
  func archives(name: String) throws {
    let arrays = try NPZFile.read(path: "\(Self.folder)/\(name).npz")
    #expect(arrays.map(\.name) == ["x", "in.2:0"])
    #expect(arrays[0].tensor.shape.dimensions == [2, 3] && arrays[0].tensor.doubles == [0, 1, 2, 3, 4, 5])
    #expect(arrays[1].tensor.elementType == .int64 && arrays[1].tensor.doubles == [7, 8])
  }

  @Test("An archive that is none, and one that holds more than it may, are told apart")
  func badArchives() throws {
    let none = try #require(throws: InferenceError.self) { try NPZFile.read(path: "\(Self.folder)/bool.npy") }
    #expect(none.code == .notAnArchive && none.location.contains("bool.npy"))
    var limits = ModelLimits.default
    limits.fileBytes = 200
    let large = try #require(throws: InferenceError.self) {
      try NPZFile.read(path: "\(Self.folder)/packed.npz", limits: limits)
    }
    #expect(large.code == .limitExceeded)
  }

  @Test("What is written is what NumPy writes, byte for byte")
  func written() throws {
    for name in ["float32_C", "int64_C", "bool", "scalar", "empty", "texts"] {
      let path = "\(Self.folder)/\(name).npy"
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
      #expect(NPYFile.bytes(try NPYFile.tensor(bytes)) == bytes, "\(name)")
    }
  }

  @Test("Types that NumPy lacks are written as float32 and read back as themselves")
  func brainFloat() throws {
    let shape = try #require(TensorShape([3]))
    // 1, -2.5 and 3 in bfloat16, little-endian.
    let tensor = try #require(
      Tensor(bytes: [0x80, 0x3f, 0x20, 0xc0, 0x40, 0x40], elementType: .bfloat16, shape: shape))
    let back = try NPYFile.tensor(NPYFile.bytes(tensor))
    #expect(back.elementType == .float32 && back.doubles == [1, -2.5, 3])
    #expect(back.converted(toInput: .bfloat16).bytes == tensor.bytes)
    #expect(back.converted(toInput: .float16).elementType == .float32)
  }

  @Test("Whatever is cut off or changed is an error, never a trap")
  func broken() throws {
    var generator = SeededGenerator.printed()
    for name in ["float32_F", "texts", "version2", "bool"] {
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.folder)/\(name).npy")))
      for length in 0..<bytes.count {
        #expect(throws: InferenceError.self) { try NPYFile.tensor(Array(bytes[..<length])) }
      }
      #expect(throws: InferenceError.self) { try NPYFile.tensor(bytes + [0]) }
      for _ in 0..<500 {
        var changed = bytes
        for _ in 0..<3 {
          changed[Int.random(in: 0..<changed.count, using: &generator)] = .random(in: 0...255, using: &generator)
        }
        _ = try? NPYFile.tensor(changed)
      }
    }
  }

  @Test(
    "Headers that ask for the impossible are refused",
    arguments: [
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
      "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "{'descr': '<f4', 'fortran_order': False}",
      "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<f4', 'fortran_order': 7, 'shape': (1,), }", "{'descr': '<f4', 'fortran_order': False, 'shape': 1, }",
      "{'descr': '<U9999999999', 'fortran_order': False, 'shape': (1,), }",
      "{'descr': '<U0', 'fortran_order': False, 'shape': (1099511627776,), }",
    ])
  func headers(header: String) throws {
    let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
    #expect(throws: InferenceError.self) { try NPYFile.tensor(bytes + [0, 0, 0, 0]) }
  }
}
