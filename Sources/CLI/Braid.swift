import ArgumentParser
import BraidCore
import BraidPipeline
import Glibc

/// The program: arguments in, JSON Lines out.
@main
struct Braid: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid",
    abstract: "Sound, picture and text on one timeline, through features and models, to JSON Lines.",
    discussion: """
      Examples:
        braid run clip.mp4                      speech, motion, cuts, hits
        braid run clip.mp4 --model faces.onnx   one result for every frame
        braid run talk.wav --features mfcc,rms  features as records
        braid devices                           microphones, cameras, screens
        braid probe clip.mkv                    what is inside
        braid features talk.wav --features mfcc --output talk.npy
        braid model bench faces.onnx            how fast a model is here
        braid doctor                            what this machine has

      `braid schema` describes the records. Exit status: 0 done, 2 wrong usage,
      3 an input could not be opened or was unusable, 4 a model could not be
      loaded, 5 a live input was lost, 6 the output could not be written, 7 some
      files of --each failed, 8 what --require asks for was not reached, 130 and
      143 interrupted.
      """,
    version: LibraryVersions.text,
    subcommands: [Run.self, Devices.self, Probe.self, Features.self, ModelCommand.self, Schema.self, Doctor.self])

  static func main() {
    // A reader that goes away is told by EPIPE, not by a signal.
    signal(SIGPIPE, SIG_IGN)
    if let fault = CommandSpelling.fault(CommandLine.arguments.dropFirst()) {
      StandardError.fail(fault)
      Glibc.exit(ExitStatus.usage.code)
    }
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let status as CommandStatus {
      Glibc.exit(status.code)
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      if code.isSuccess {
        print(message)
        Glibc.exit(0)
      }
      StandardError.write(message)
      Glibc.exit(ExitStatus.usage.code)
    }
  }
}

/// Ends the program with a status, everything having been said.
struct CommandStatus: Error {
  let code: Int32

  init(_ status: ExitStatus) { code = status.code }
}
