import Testing

@testable import BraidInference

/// Conversions and products of quantised values, against the standard's formulas.
@Suite struct QuantisationTests {
  @Test("Real numbers become the nearest level, ties to even, kept within the type's range")
  func ranges() throws {
    let x = try tensor([-1000, -2.5, -0.5, 0.5, 1.5, 2.5, 1000, .nan] as [Float])
    let scale = try tensor([1] as [Float], [])
    for (type, low, high) in [
      (ElementType.int8, -128, 127), (.uint8, 0, 255), (.int16, -1000, 1000), (.uint16, 0, 1000), (.int4, -8, 7),
      (.uint4, 0, 15), (.int2, -2, 1), (.uint2, 0, 3),
    ] as [(ElementType, Int, Int)] {
      let zero = try Tensor(zeros: TensorType(elementType: type, shape: .scalar))
      let found = try OperatorUse(.quantizeLinear)(x, scale, zero)[0]
      #expect(found.elementType == type)
      let expected = [-1000, -2, 0, 0, 2, 2, 1000, 0].map { max(low, min(high, $0)) }
      #expect(found.integers == expected, "\(type)")
      let back = try OperatorUse(.dequantizeLinear)(found, scale, zero)[0]
      #expect(back.array(of: Float.self) == expected.map { Float($0) })
    }
  }

  @Test("Each place of an axis, or block of places, has its own scale and zero point")
  func axes() throws {
    let x = try counting([2, 3, 2])
    let scales = try tensor([1, 2, 4] as [Float])
    let zeros = try tensor([0, 10, 20] as [UInt8])
    let found = try OperatorUse(.quantizeLinear, ["axis": .int(-2)])(x, scales, zeros)[0]
    #expect(found.array(of: UInt8.self) == [0, 1, 11, 12, 21, 21, 6, 7, 14, 14, 22, 23])
    // Three places in blocks of two: the last block has one.
    let blocks = try tensor([1, 2, 4, 8, 1, 1, 1, 1] as [Float], [2, 2, 2])
    let blocked = try OperatorUse(.quantizeLinear, ["axis": .int(1), "block_size": .int(2)])(x, blocks)[0]
    #expect(blocked.array(of: UInt8.self) == [0, 0, 2, 2, 1, 1, 6, 7, 8, 9, 10, 11])
  }

  @Test("A half scale divides in its own precision unless another is named")
  func precision() throws {
    // 1000 / 0.3000488 is 3332.8, which float16 rounds to 3332.
    let x = try tensor([1000] as [Float])
    let scale = try tensor([HalfFloat.encode(0.3)], []).viewed(as: .float16)
    func level(_ attributes: [String: AttributeValue]) throws -> Int16 {
      let zero = try Tensor(zeros: TensorType(elementType: .int16, shape: .scalar))
      return try OperatorUse(.quantizeLinear, attributes)(x, scale, zero)[0].array(of: Int16.self)[0]
    }
    #expect(try level(["precision": .int(1)]) == 3333)
    #expect(try level([:]) == 3332)
  }

  @Test("Dynamic quantisation covers the range of its operand, and zero exactly")
  func dynamic() throws {
    let found = try OperatorUse("DynamicQuantizeLinear", outputs: 3)(tensor([-1, 0, 2, 4.1] as [Float]))
    let scale = found[1].array(of: Float.self)[0]
    #expect(abs(scale - 5.1 / 255) < 1e-8)
    #expect(found[2].array(of: UInt8.self) == [50])
    #expect(found[0].array(of: UInt8.self) == [0, 50, 150, 255])
  }

  @Test("Products of whole numbers are exact for every pairing of types", arguments: 0..<8)
  func products(seed: UInt64) throws {
    var random = Seeded(seed)
    let (m, k, n) = (3, 70, 5)
    func draw(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) } }
    let (a, b) = (draw(2 * m * k), draw(k * n))
    let (aSigned, bSigned) = (seed & 1 == 1, seed & 2 == 2)
    let (aZeros, bZeros) = (draw(m), draw(n))
    func value(_ byte: UInt8, _ signed: Bool) -> Int { signed ? Int(Int8(bitPattern: byte)) : Int(byte) }
    let found = try OperatorUse("MatMulInteger")(
      tensor(a, [2, m, k]).viewed(as: aSigned ? .int8 : .uint8),
      tensor(b, [k, n]).viewed(as: bSigned ? .int8 : .uint8),
      tensor(aZeros).viewed(as: aSigned ? .int8 : .uint8), tensor(bZeros).viewed(as: bSigned ? .int8 : .uint8))[0]
    var expected: [Int32] = []
    for batch in 0..<2 {
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0
          for l in 0..<k {
            sum +=
              (value(a[(batch * m + i) * k + l], aSigned) - value(aZeros[i], aSigned))
              * (value(b[l * n + j], bSigned) - value(bZeros[j], bSigned))
          }
          expected.append(Int32(sum))
        }
      }
    }
    #expect(found.array(of: Int32.self) == expected, "seed \(seed)")
  }

  @Test("Shapes and types that do not fit are refused")
  func refused() throws {
    let x = try counting([2, 3])
    for scales in [try counting([2]), try counting([3, 1])] {
      #expect(throws: InferenceError.self) { try OperatorUse(.quantizeLinear)(x, scales) }
    }
    #expect(throws: InferenceError.self) {
      try OperatorUse(.quantizeLinear, ["block_size": .int(-1)])(x, counting([2, 3]))
    }
    #expect(throws: InferenceError.self) { try OperatorUse(.dequantizeLinear)(x, tensor([1] as [Float], [])) }
    #expect(throws: InferenceError.self) {
      try OperatorUse("MatMulInteger")(tensor([1] as [UInt8], [1, 1]), tensor([1, 2] as [Int8], [2, 1]))
    }
  }
}
