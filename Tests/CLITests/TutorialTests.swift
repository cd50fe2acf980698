import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Every command of docs/tutorial.md, in its order, in one shell.
  @Suite("The tutorial", .timeLimit(.minutes(3)))
  struct TutorialTests {
    @Test("Every command works, in its order")
    func run() throws {
      let document = try DocumentScript("tutorial.md")
      #expect(document.blocks.count > 12 && document.blocks.contains { $0.isInstallation })
      let scratch = try Scratch()
      // The folder is not the project's own, which tests must not write to; a generator stands in for the camera. Building takes
      // minutes: of that it is tested that make knows the targets.
      _ = try document.run(in: scratch) { block in
        block.isInstallation
          ? block.commands.replacing("sudo ", with: "").replacing(
            "make ", with: "make -n -C '\(SharedData.packageRoot.path)' ")
          : block.commands.replacing("v4l2:/dev/video0", with: "lavfi:testsrc2=size=320x240:rate=30")
      }
      let hits = try String(contentsOfFile: scratch.path("mine.jsonl"), encoding: .utf8)
      #expect(hits.split(separator: "\n").count { $0.contains(#""type":"event""#) } == 20)
      withExtendedLifetime(scratch) {}
    }
  }
}
