import Testing

/// Everything that runs the built program, one test after the other: each waits for processes, and would keep the threads
/// that other tests run on.
@Suite("The program", .serialized)
enum ProgramTests {}
