import BraidTestSupport
import Testing

@testable import BraidInference

/// Which steps run on how many threads.
@Suite struct ThreadAssignmentTests {
  /// The nodes that are divided, from a line of times in microseconds: `s` in front of those that cannot be divided.
  private static func divided(_ line: String, threads: Int = 2) -> [Int] {
    let work = line.split(separator: " ").map { word in
      WorkEstimate(time: Double(word.drop { $0 == "s" }) ?? 0, isDivisible: !word.hasPrefix("s"))
    }
    return ThreadAssignment(work, threads: threads).isDivided.enumerated().filter(\.element).map(\.offset)
  }

  @Test(
    "Long stretches of large nodes are divided, what lies between and short stretches are not",
    arguments: [
      // Large enough alone.
      ("600", [0]), ("s600", []), ("400", []),
      // Together, across something short.
      ("300 300", [0, 1]), ("300 s20 2 300", [0, 3]), ("2 300 2 300 2", [1, 3]),
      // Too far apart: each has to be worth it alone.
      ("300 s100 300", []), ("600 s100 300", [0]), ("600 s100 600", [0, 2]),
      // Many small ones.
      (String(repeating: "2 ", count: 1000), []), ("", []),
    ])
  func stretches(line: String, expected: [Int]) {
    #expect(Self.divided(line) == expected)
    #expect(Self.divided(line, threads: 1).isEmpty)
  }

  @Test("A small model runs on one thread whatever it is given, a large one is divided")
  func models() throws {
    var options = SessionOptions()
    options.threads = 2
    let small = try Plan(try SessionTests.model("conv"), options: options)
    #expect(small.stepInfo.allSatisfy { $0.threads == 1 } && small.threads == 2)
    let large = try Plan(try LargeNetwork.model(isQuantised: true), options: options)
    let operations = Set(large.stepInfo.filter { $0.threads == 2 }.map(\.operation))
    #expect(operations.contains("Conv"))
    options.threads = 1
    #expect(
      try Plan(try LargeNetwork.model(isQuantised: true), options: options).stepInfo.allSatisfy { $0.threads == 1 })
  }

  @Test("Results do not depend on the threads: 8-bit ones not at all, real ones within a millionth of the largest")
  func results() throws {
    for isQuantised in [true, false] {
      let model = try LargeNetwork.model(isQuantised: isQuantised)
      let alone = try LargeNetwork.output(of: model, threads: 1)
      let largest = alone.map(abs).max() ?? 0
      #expect(largest > 0)
      for threads in [2, 3, 5] {
        let result = try LargeNetwork.output(of: model, threads: threads)
        let worst = zip(alone, result).map { abs($0 - $1) }.max() ?? .infinity
        #expect(result.count == alone.count && worst <= (isQuantised ? 0 : largest * 1e-6), "\(threads) threads")
      }
    }
  }

  @Test("Parts cover all rows once, in order, and differ by one at most", arguments: [0, 1, 5, 64, Int.max])
  func ranges(total: Int) {
    for count in [1, 2, 3, 7] {
      let parts = (0..<count).map { DividedKernel.range(of: total, part: $0, of: count) }
      #expect(parts.first?.lowerBound == 0 && parts.last?.upperBound == total)
      #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
      let sizes = parts.map(\.count)
      #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
    }
  }
}
