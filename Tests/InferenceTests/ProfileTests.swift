import BraidCore
import BraidInference
import BraidTestSupport
import Foundation
import Testing

/// What a session tells of its steps.
@Suite struct ProfileTests {
  @Test("Only the branch that was taken counts, and only while a profile is taken")
  func branches() throws {
    let session = try InferenceSession(Plan(try SessionTests.model("branch")))
    #expect(session.profile.entries.isEmpty)
    let (low, high) = ([Float](repeating: 0.1, count: 6), [Float](repeating: 0.9, count: 6))
    session.startProfile()
    for _ in 0..<3 {
      try session.write(high.span, toInput: 0)
      try session.run()
    }
    try session.write(low.span, toInput: 0)
    try session.run()
    session.stopProfile()
    try session.run()
    let profile = session.profile
    #expect(profile.runs == 4 && profile.entries.map(\.step) == session.plan.stepInfo)
    let choice = try #require(profile.entries.firstIndex { $0.step.operation == "If" })
    let inner = profile.entries.filter { $0.step.depth == 1 }
    #expect(profile.entries.filter { $0.step.depth == 0 }.allSatisfy { $0.runs == 4 && $0.shortest > .zero })
    // The first branch multiplies, the second subtracts.
    #expect(inner.first { $0.step.node.contains("Tanh") || $0.step.operation == "Tanh" }?.runs == 3)
    #expect(Set(inner.map(\.runs)) == [1, 3])
    let parts = inner.reduce(MediaDuration.zero) { $0 + $1.total }
    #expect(profile.entries[choice].total >= parts && profile.total >= profile.entries[choice].total)
    session.startProfile()
    #expect(session.profile.runs == 0)
  }

  @Test("Multiplications are those of the shapes, and the same in both providers")
  func multiplyAdds() throws {
    let model = try SessionTests.model("conv")
    var options = SessionOptions()
    options.optimisation = .reference
    let plain = try Plan(model, options: options).stepInfo
    let fused = try Plan(model).stepInfo
    #expect(fused.contains { $0.provider == "oneDNN" && $0.multiplyAdds > 0 })
    #expect(plain.allSatisfy { $0.provider == "reference" })
    #expect(plain.reduce(0) { $0 + $1.multiplyAdds } == fused.reduce(0) { $0 + $1.multiplyAdds })
    #expect(fused.allSatisfy { $0.byteCount > 0 })
  }
}
