import BraidTestSupport
import Foundation
import Testing

extension ProgramTests {
  /// What people expect of any program.
  @Suite("The command line", .timeLimit(.minutes(1)))
  struct CommandLineTests {
    @Test(
      "A wrong command is answered with the right one",
      arguments: [
        (["mdel", "inspect"], "Did you mean 'braid model'?"),
        (["model", "inspct", "x"], "Did you mean 'braid model inspect'?"),
        (["frobnicate"], "There are run, "), (["run", "--modle", "x", "y"], "Did you mean '--model'?"),
      ])
    func spelling(words: [String], answer: String) throws {
      let outcome = try Program.run(words)
      #expect(outcome.status == 2 && outcome.output.isEmpty)
      #expect(outcome.errors.contains(answer), "\(outcome.errors)")
    }

    @Test("A wrong name of a file or a model is answered with the right one")
    func names() throws {
      let input = try Program.run(["run", "-q", SharedData.sample("media/bounc.mp4")])
      #expect(input.status == 3 && input.errors.contains("Did you mean '\(SharedData.sample("media/bounce.mp4"))'?"))
      let clip = SharedData.sample("media/bounce.mp4")
      let model = try Program.run(["run", "-q", clip, "--model", SharedData.sample("models/hit-pictur")])
      #expect(model.status == 4 && model.errors.contains("models/hit-picture'?"), "\(model.errors)")
      let far = try Program.run(["run", "-q", SharedData.sample("media/zzzzzzzzzzzz.mp4")])
      #expect(far.status == 3 && far.errors.contains("Check the name"))
    }

    @Test("Sizes are taken as people write them, and anything else is refused")
    func sizes() throws {
      let clip = SharedData.sample("media/bounce.mp4")
      #expect(try Program.run(["probe", clip, "--max-allocation", "64MiB", "--probe-bytes", "1MB"]).status == 0)
      #expect(try Program.run(["run", clip, "-q", "--max-pixels", "10000"]).status == 3)
      let refused = try Program.run(["probe", clip, "--max-allocation", "64XB"])
      #expect(refused.status == 2 && refused.errors.contains("--max-allocation"))
    }

    @Test("The version names the libraries")
    func version() throws {
      let outcome = try Program.run(["--version"])
      for library in ["FFmpeg", "libavcodec", "ALSA", "FFTW", "oneDNN", "OpenBLAS"] {
        #expect(outcome.text.contains(library))
      }
      #expect(outcome.text.split(separator: "\n").first?.allSatisfy { $0 != " " } == true)
    }

    /// What the program writes to a terminal, with some of the environment changed.
    private static func onTerminal(_ words: String, _ environment: String = "") throws -> String {
      try Tool.run(
        "env", ["-u", "NO_COLOR", "TERM=xterm", "script", "-qec", "\(environment) \(words); true", "/dev/null"])
    }

    @Test("Colours are for terminals, and for those who want them")
    func colours() throws {
      let command = "'\(Program.path)' probe /no/such/file"
      #expect(try Self.onTerminal(command).contains("\u{1b}[31mbraid:"))
      #expect(try !Self.onTerminal(command, "NO_COLOR=1").contains("\u{1b}[3"))
      #expect(try Self.onTerminal(command, "NO_COLOR=").contains("\u{1b}[31mbraid:"))
      #expect(try !Self.onTerminal(command, "TERM=dumb").contains("\u{1b}[3"))
      #expect(try !Program.run(["probe", "/no/such/file"]).errors.contains("\u{1b}"))
    }

    @Test("Shells complete commands and options")
    func completions() throws {
      let scratch = try Scratch()
      for shell in ["bash", "zsh", "fish"] {
        let outcome = try Program.run(["--generate-completion-script", shell])
        #expect(outcome.status == 0 && outcome.text.contains("explain-skips"))
      }
      let script = try scratch.write("braid.bash", try Program.run(["--generate-completion-script", "bash"]).output)
      let asked = """
        source '\(script)'
        complete_it() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
          _braid braid "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"; echo "${COMPREPLY[*]}"; }
        complete_it braid mod
        complete_it braid run --explain
        complete_it braid run --pace rea
        """
      let answer = try Tool.run("bash", ["-c", asked]).split(separator: "\n").map { $0.trimmingPrefix(" ") }
      #expect(
        answer.map { $0.split(separator: " ").first.map(String.init) } == ["model", "--explain-skips", "realtime"])
      withExtendedLifetime(scratch) {}
    }
  }
}
