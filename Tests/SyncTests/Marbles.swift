import BraidCore
import BraidSync

/// Streams drawn as text: a column is 10 ms, a letter an item, `-` nothing, `|` the stream's end.
///
/// Where a stream's items arrive at other times than their own, a second drawing has the same letters where they arrive.
/// A letter may stand twice in the second drawing: it arrives twice.
struct Marbles {
  var drawings: [String]
  /// By stream: when its items arrive.
  var arrivals: [Int: String] = [:]
  /// How long each item lasts, by stream.
  var durations: [Int: MediaDuration] = [:]

  static let column = MediaDuration.milliseconds(10)

  /// Feeds everything in the order of arrival, by column and stream, and answers what came out.
  ///
  /// A moment is its tick's letter, or `*` for a hop, then for each member its letters, or why there are none: `-` nothing
  /// fits, `?` late, `!` silent, `|` ended. Then, live, `@` and when it was released. A revision begins with `~`.
  func moments(_ machine: Synchroniser<Character>) -> [String] {
    var lines: [String] = []
    let timelines = drawings.indices.map { Array(arrivals[$0] ?? drawings[$0]) }
    for column in 0..<(timelines.map(\.count).max() ?? 0) {
      let now = Self.host(column)
      wait(machine, until: now, &lines)
      for (stream, timeline) in timelines.enumerated() where column < timeline.count && timeline[column] != "-" {
        if timeline[column] == "|" {
          machine.finish(stream: stream, now: now)
        } else {
          machine.feed(
            timeline[column], time: time(of: timeline[column], stream), duration: durations[stream] ?? .zero,
            stream: stream, now: now)
        }
        take(machine, now, &lines)
      }
    }
    if machine.configuration.wait != .unlimited, case .elements = machine.configuration.tick {
      wait(machine, until: HostTime(nanoseconds: .max), &lines)
    }
    return lines
  }

  private static func host(_ column: Int) -> HostTime {
    HostTime(nanoseconds: 0) + Self.column * Int64(column)
  }

  private func time(of letter: Character, _ stream: Int) -> MediaTime? {
    guard let column = Array(drawings[stream]).firstIndex(of: letter) else { return nil }
    return .zero + Self.column * Int64(column)
  }

  private func wait(_ machine: Synchroniser<Character>, until time: HostTime, _ lines: inout [String]) {
    while let deadline = machine.nextDeadline, deadline < time {
      let count = lines.count
      take(machine, deadline, &lines)
      if lines.count == count { return lines.append("nothing at its own deadline") }
    }
  }

  private func take(_ machine: Synchroniser<Character>, _ now: HostTime, _ lines: inout [String]) {
    while let moment = machine.next(now: now) {
      var words = ["\(moment.revises.map { "~\($0) " } ?? "")\(moment.item ?? "*")"]
      for member in machine.parts.indices {
        var letters = ""
        machine.forEachItem(ofMember: member) { letter, _ in letters.append(letter) }
        switch machine.parts[member].absence {
        case .none: words.append(letters.isEmpty ? "none" : letters)
        case .unmatched: words.append("-")
        case .late: words.append("?")
        case .silent: words.append("!")
        case .ended: words.append("|")
        }
      }
      if machine.configuration.wait != .unlimited { words.append("@\(now.nanoseconds / 1_000_000)") }
      lines.append(words.joined(separator: " "))
    }
  }
}
