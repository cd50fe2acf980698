import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// Every command of docs/tutorial.md, in its order, in one shell.
  @Suite("The tutorial", .timeLimit(.minutes(3)))
  struct TutorialTests {
    private struct Block {
      var isInstallation: Bool
      var commands: String
    }

    private static func blocks() throws -> [Block] {
      let url = SharedData.packageRoot.appendingPathComponent("docs/tutorial.md")
      var blocks: [Block] = []
      var open: Block?
      for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      {
        if line.hasPrefix("```") {
          if let block = open {
            blocks.append(block)
            open = nil
          } else if line.hasPrefix("```sh") {
            open = Block(isInstallation: line == "```sh install", commands: "")
          }
        } else {
          open?.commands += line + "\n"
        }
      }
      return blocks
    }

    @Test("Every command works, in its order")
    func run() throws {
      let blocks = try Self.blocks()
      #expect(blocks.count > 12 && blocks.contains { $0.isInstallation })
      let scratch = try Scratch()
      // The folder is not the project's own, which tests must not write to; a generator stands in for the camera.
      var script = """
        set -euo pipefail
        cd '\(scratch.path(""))'
        ln -s '\(SharedData.packageRoot.path)/samples' samples
        export PATH='\(URL(fileURLWithPath: Program.path).deletingLastPathComponent().path)':$PATH
        unset BRAID_MODELS

        """
      for (place, block) in blocks.enumerated() {
        // Building takes minutes: of that it is tested that make knows the targets.
        let commands =
          block.isInstallation
          ? block.commands.replacing("sudo ", with: "").replacing(
            "make ", with: "make -n -C '\(SharedData.packageRoot.path)' ")
          : block.commands.replacing("v4l2:/dev/video0", with: "lavfi:testsrc2=size=320x240:rate=30")
        script += "echo 'block \(place)' >&2\n\(commands)\n"
      }
      let file = try scratch.write("tutorial.sh", Data(script.utf8))
      let log = scratch.path("log")
      let outcome = try Tool.run("bash", ["-c", "bash '\(file)' > '\(log)' 2>&1; echo $?"])
      let told = try String(contentsOfFile: log, encoding: .utf8)
      #expect(outcome == "0\n", "\(told.suffix(3000))")
      let hits = try String(contentsOfFile: scratch.path("mine.jsonl"), encoding: .utf8)
      #expect(hits.split(separator: "\n").count { $0.contains(#""type":"event""#) } == 20)
      withExtendedLifetime(scratch) {}
    }
  }
}
