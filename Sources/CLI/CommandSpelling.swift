import ArgumentParser
import BraidCore

/// What a command that there is not may have meant. ArgumentParser guesses for options alone.
enum CommandSpelling {
  /// What is wrong with the first words of a command line; nil where they name commands that there are.
  static func fault(_ words: some Sequence<String>) -> String? {
    var command: any ParsableCommand.Type = Braid.self
    var path = "braid"
    for word in words {
      let commands = command.configuration.subcommands
      if commands.isEmpty || word.hasPrefix("-") || word == "help" { return nil }
      guard let next = commands.first(where: { $0._commandName == word }) else {
        let names = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
        let remedy =
          Spelling.guess(word, among: names).map { "Did you mean '\(path) \($0)'?" }
          ?? "There are \(names.joined(separator: ", "))."
        return "there is no command '\(path) \(word.prefix(80))'. \(remedy)"
      }
      command = next
      path += " \(word)"
    }
    return nil
  }
}
