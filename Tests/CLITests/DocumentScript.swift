import BraidTestSupport
import Foundation
import Testing

/// The commands of a page of docs/: its blocks that begin with "```sh".
struct DocumentScript {
  struct Block {
    /// Whether it begins with "```sh install".
    var isInstallation: Bool
    var commands: String
  }

  private(set) var blocks: [Block] = []

  /// Reads a page of docs/.
  init(_ page: String) throws {
    let url = SharedData.packageRoot.appendingPathComponent("docs/\(page)")
    var open: Block?
    for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false) {
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
  }

  /// Runs all blocks in their order in one shell that ends at the first command that fails, in a folder of their own with a link to
  /// samples/, the program being found as `braid`.
  ///
  /// - Parameters:
  ///   - scratch: where.
  ///   - changed: what is run in place of a block's commands.
  /// - Returns: what was told; expects status 0.
  /// - Throws: where the shell cannot be run.
  func run(in scratch: Scratch, _ changed: (Block) -> String = { $0.commands }) throws -> String {
    var script = """
      set -euo pipefail
      cd '\(scratch.path(""))'
      ln -s '\(SharedData.packageRoot.path)/samples' samples
      export PATH='\(URL(fileURLWithPath: Program.path).deletingLastPathComponent().path)':$PATH
      unset BRAID_MODELS

      """
    for (place, block) in blocks.enumerated() { script += "echo 'block \(place)' >&2\n\(changed(block))\n" }
    let file = try scratch.write("commands.sh", Data(script.utf8))
    let log = scratch.path("log")
    let outcome = try Tool.run("bash", ["-c", "bash '\(file)' > '\(log)' 2>&1; echo $?"])
    let told = try String(contentsOfFile: log, encoding: .utf8)
    #expect(outcome == "0\n", "\(told.suffix(3000))")
    return told
  }
}
