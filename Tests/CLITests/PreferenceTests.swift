import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// `--prefer`: what is kept where not all can be run.
  @Suite("Preference", .timeLimit(.minutes(3)))
  struct PreferenceTests {
    /// Four seconds of 50 pictures a second that move in two of sixteen, and else stand still.
    private static func clip(_ scratch: Scratch) throws -> String {
      let path = scratch.path("bursts.mkv")
      let phase = "2*floor(N/16)+min(mod(N,16),2)"
      try Tool.ffmpeg(
        "-f", "lavfi", "-i", "color=gray:s=160x96:r=50:d=4,format=gray,geq=lum='128+100*sin(X/9+2*(\(phase)))'", "-c:v",
        "ffv1", path)
      return path
    }

    /// What part of the moving pictures was run, and of the others.
    private static func kept(_ records: Records) -> (moving: Double, still: Double) {
      let numbers = records.results.map { Int((($0["pts"].number ?? 0) * 50).rounded()) }
      let isMoving = { (number: Int) in (1...2).contains(number % 16) }
      let all = Double((0..<200).count(where: isMoving))
      let moving = Double(numbers.count(where: isMoving))
      return (moving / all, (Double(numbers.count) - moving) / (200 - all))
    }

    @Test("Under overload pictures with motion are kept before others, and alike without the preference")
    func motion() throws {
      let scratch = try Scratch()
      let clip = try Self.clip(scratch)
      let model = try SmallModel.slow(scratch, name: "slow", milliseconds: 50)
      let kept = try ["content", "newest"].map { preference in
        Self.kept(
          try Program.records([
            clip, "--pace", "realtime", "--budget", "250ms", "--model", model, "--prefer", preference,
          ]))
      }
      // How much likelier a still picture is to be passed over than a moving one does not hang on how slow the machine is.
      let ratios = kept.map { (1 - $0.moving) / (1 - $0.still) }
      #expect(ratios[0] < 0.5 && ratios[1] > 0.6, "\(kept)")
      withExtendedLifetime(scratch) {}
    }

    @Test("A recording is repeated with its preference", arguments: ["content", "newest"])
    func replay(preference: String) throws {
      let scratch = try Scratch()
      let folder = scratch.path("recording")
      let model = try SmallModel.slow(scratch, name: "slow", milliseconds: 50)
      let outcome = try Program.run([
        "run", try Self.clip(scratch), "--pace", "realtime", "--duration", "2s", "--budget", "160ms", "--record",
        folder,
        "--model", model, "--prefer", preference,
      ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let busy = ["taskset", "-c", "0", "nice", "-n", "19"]
      #expect(try Program.run(["run", "replay:\(folder)"], prefix: busy).output == outcome.output)
      withExtendedLifetime(scratch) {}
    }
  }
}
