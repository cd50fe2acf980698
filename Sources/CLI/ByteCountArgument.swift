import ArgumentParser
import BraidCore

/// A size or a count as an argument: `67108864`, `64MB`, `1.5GiB`.
struct ByteCountArgument: ExpressibleByArgument {
  let value: Int

  init(value: Int) { self.value = value }

  init?(argument: String) {
    guard let count = ByteCount(text: argument) else { return nil }
    value = count.bytes
  }

  var defaultValueDescription: String { ByteCount(bytes: value).description }
}
