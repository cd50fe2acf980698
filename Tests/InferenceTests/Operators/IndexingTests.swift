import Testing

@testable import BraidInference

/// Operators that read and write by index, and those whose result is as large as the data says.
@Suite struct IndexingTests {
  @Test("Elements are gathered from the place that replaces their coordinate; below zero counts from the end")
  func gatherElements() throws {
    let x = try counting([2, 3])
    let rows = try OperatorUse("GatherElements", ["axis": .int(0)])(x, tensor([1, 0, -1] as [Int64], [1, 3]))[0]
    #expect(rows.array(of: Float.self) == [3, 1, 5])
    let columns = try OperatorUse("GatherElements", ["axis": .int(1)])(x, tensor([2, 2, 0, -3] as [Int32], [2, 2]))[0]
    #expect(columns.array(of: Float.self) == [2, 2, 3, 3])
  }

  @Test("Tuples of coordinates gather blocks, batch by batch")
  func gatherTuples() throws {
    let x = try counting([2, 2, 3])
    let found = try OperatorUse("GatherND", ["batch_dims": .int(1)])(x, tensor([1, -2] as [Int64], [2, 1]))[0]
    #expect(found.shape.dimensions == [2, 3])
    #expect(found.array(of: Float.self) == [3, 4, 5, 6, 7, 8])
  }

  @Test(
    "Updates of one place are reduced one after the other",
    arguments: [("none", 7), ("add", 21), ("mul", 8 * 6 * 7), ("max", 8), ("min", 6)] as [(String, Int32)])
  func scatter(reduction: String, expected: Int32) throws {
    let x = try tensor([8, 1] as [Int32])
    let found = try OperatorUse("ScatterElements", ["reduction": .string(reduction)])(
      x, integers(0, -2), tensor([6, 7] as [Int32]))[0]
    #expect(found.array(of: Int32.self) == [expected, 1])
    let tuples = try OperatorUse("ScatterND", ["reduction": .string(reduction)])(
      x, tensor([0, 0] as [Int64], [2, 1]), tensor([6, 7] as [Int32]))[0]
    #expect(tuples.array(of: Int32.self) == [expected, 1])
  }

  @Test("Blocks go where known tuples say, one after another", arguments: 1...3)
  func scatterBlocks(width: Int) throws {
    var random = Seeded(UInt64(width))
    let sizes = [3, 4, 2]
    let block = sizes[width...].reduce(1, *)
    let tuples = (0..<40).map { _ in (0..<width).map { Int.random(in: -sizes[$0]..<sizes[$0], using: &random) } }
    let updates = (0..<40 * block).map { Float(100 + $0) }
    var expected = (0..<24).map { Float($0) }
    for (place, tuple) in tuples.enumerated() {
      let offset = zip(tuple, sizes).reduce(0) { $0 * $1.1 + ($1.0 + $1.1) % $1.1 } * block
      for element in 0..<block { expected[offset + element] = updates[place * block + element] }
    }
    let found = try OperatorUse("ScatterND")(
      counting(sizes), tensor(tuples.flatMap { $0.map(Int64.init) }, [40, width]),
      tensor(updates, [40] + sizes[width...]))[0]
    #expect(found.array(of: Float.self) == expected)
    #expect(throws: InferenceError.self) {
      try OperatorUse("ScatterND")(counting([2, 2]), tensor([Int64(2), 0], [1, 2]), counting([1]))
    }
  }

  @Test("Indices outside their axis are refused")
  func outside() throws {
    for index in [Int64(3), -4, .max, .min] {
      let indices = try tensor([index])
      for kind in ["Gather", "GatherElements"] as [OperatorKind] {
        #expect { try OperatorUse(kind)(counting([3]), indices) } throws: {
          ($0 as? InferenceError)?.code == .shapeMismatch
        }
      }
      #expect { try OperatorUse("ScatterElements")(counting([3]), indices, counting([1])) } throws: {
        ($0 as? InferenceError)?.code == .shapeMismatch
      }
    }
  }

  @Test("A cache is written from each batch's place on, around its end where it is circular")
  func cache() throws {
    let (past, update) = (try counting([2, 3, 1]), try tensor([10, 11, 12, 13] as [Float], [2, 2, 1]))
    let linear = try OperatorUse("TensorScatter")(past, update, integers(1, 0))[0]
    #expect(linear.array(of: Float.self) == [0, 10, 11, 12, 13, 5])
    let circular = try OperatorUse("TensorScatter", ["mode": .string("circular")])(past, update, integers(2, 1))[0]
    #expect(circular.array(of: Float.self) == [11, 1, 10, 3, 12, 13])
    #expect(throws: InferenceError.self) { try OperatorUse("TensorScatter")(past, update, integers(2, 0)) }
  }

  @Test("What is not zero is found with all its coordinates")
  func nonZero() throws {
    let found = try OperatorUse("NonZero")(tensor([0, 2, -0.0, .nan] as [Float], [2, 2]))[0]
    #expect(found.shape.dimensions == [2, 2])
    #expect(found.array(of: Int64.self) == [0, 1, 1, 1])
  }

  @Test("Unique elements come sorted or as found, with where they were, where they went and how often")
  func unique() throws {
    let x = try tensor([2, 1, 1, 3, 4, 3] as [Float])
    let sorted = try OperatorUse("Unique", outputs: 4)(x)
    #expect(sorted[0].array(of: Float.self) == [1, 2, 3, 4])
    #expect(sorted[1...].map { $0.array(of: Int64.self) } == [[1, 0, 3, 4], [1, 0, 0, 2, 3, 2], [2, 1, 2, 1]])
    let found = try OperatorUse("Unique", ["sorted": .int(0)], outputs: 4)(x)
    #expect(found[0].array(of: Float.self) == [2, 1, 3, 4])
    #expect(found[1...].map { $0.array(of: Int64.self) } == [[0, 1, 3, 4], [0, 1, 1, 2, 3, 2], [1, 2, 2, 1]])
    let rows = try OperatorUse("Unique", ["axis": .int(0)], outputs: 4)(
      tensor([5, -1, 2, 7, 5, -1] as [Int64], [3, 2]))
    #expect(rows[0].array(of: Int64.self) == [2, 7, 5, -1])
    #expect(rows[2].array(of: Int64.self) == [1, 0, 1])
  }

  @Test("Texts are unique in the order of their letters")
  func uniqueTexts() throws {
    let four = try shape([4])
    let x = try #require(Tensor(strings: ["pear", "fig", "pear", ""], shape: four))
    let found = try OperatorUse("Unique", outputs: 4)(x)
    #expect(found[1].array(of: Int64.self) == [3, 1, 0])
    #expect(found[3].array(of: Int64.self) == [1, 1, 2])
  }

  @Test("Places that a condition names are kept")
  func compress() throws {
    let flags = try tensor([0, 1, 1] as [UInt8]).viewed(as: .bool)
    #expect(
      try OperatorUse("Compress", ["axis": .int(1)])(counting([2, 3]), flags)[0].array(of: Float.self) == [1, 2, 4, 5])
    #expect(try OperatorUse("Compress")(counting([2, 3]), flags)[0].array(of: Float.self) == [1, 2])
  }

  @Test("Boxes that overlap a better one of their class are left out")
  func suppression() throws {
    // The second overlaps the first by 81 of 119, the third none.
    let boxes = try tensor([0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 30, 30] as [Float], [1, 3, 4])
    let scores = try tensor([0.8, 0.9, 0.1, 0.3, 0.2, 0.7] as [Float], [1, 2, 3])
    func chosen(_ limit: Float, _ least: Float) throws -> [Int64] {
      try OperatorUse("NonMaxSuppression")(
        boxes, scores, integers(10), tensor([limit]), tensor([least]))[0].array(of: Int64.self)
    }
    #expect(try chosen(0.5, 0.15) == [0, 0, 1, 0, 1, 2, 0, 1, 0])
    #expect(try chosen(0.7, 0.15) == [0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 1, 0, 0, 1, 1])
  }

  @Test("A range has as many numbers as fit, whatever its type")
  func range() throws {
    let whole = try OperatorUse("Range")(
      tensor([10] as [Int32], []), tensor([3] as [Int32], []), tensor([-3] as [Int32], []))
    #expect(whole[0].array(of: Int32.self) == [10, 7, 4])
    let real = try OperatorUse("Range")(
      tensor([0] as [Float], []), tensor([1] as [Float], []), tensor([0.3] as [Float], []))
    #expect(real[0].shape.dimensions == [4])
    let none = try OperatorUse("Range")(
      tensor([3] as [Int64], []), tensor([3] as [Int64], []), tensor([1] as [Int64], []))
    #expect(none[0].shape.dimensions == [0])
    #expect { try OperatorUse("Range")(integers(.min), integers(.max), integers(1)) } throws: {
      ($0 as? InferenceError)?.code == .limitExceeded
    }
  }
}
