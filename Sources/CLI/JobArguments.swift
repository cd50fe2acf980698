import ArgumentParser

/// Many files as one job.
struct JobArguments: ParsableArguments {
  @Flag(
    name: .long,
    help: """
      A session of its own for each input, files and folders of files, with a result of its own in the folder --output: \
      'talks/one.mp4.jsonl'. Standard output has a record for each file; a file that fails does not stop the rest.
      """)
  var each = false

  @Option(
    name: .long, help: ArgumentHelp("With --each: sessions at a time. They share out --threads.", valueName: "n"))
  var jobs: Int = 1

  @Flag(
    name: .long,
    help: "With --each: pass over files whose results are complete and were made with the same settings.")
  var resume = false

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("--jobs must be 1 to 256") }
    if !each, jobs > 1 { throw ValidationError("--jobs goes with --each.") }
    if !each, resume { throw ValidationError("--resume goes with --each.") }
  }
}
