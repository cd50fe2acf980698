/// One value that a sensor gives with each reading.
public struct SensorChannel: Hashable, Codable, Sendable {
  /// Its name, as the source has it.
  public var name: String
  /// The unit, as the source or the caller has it; nil where nobody says.
  public var unit: String?

  /// A channel.
  public init(name: String, unit: String?) {
    self.name = name
    self.unit = unit
  }
}

/// What is known of a sensor's stream before it is read.
public struct SensorStreamFacts: Hashable, Codable, Sendable {
  /// What each value of a reading is, in this order.
  public var channels: [SensorChannel]
}

extension FeedLocation {
  /// The channels that were asked for, before any line has come; nil where none were.
  var namedChannels: [SensorChannel]? {
    columns.map { columns in
      columns.enumerated().map { place, name in
        let unit = units.flatMap { $0.indices.contains(place) && !$0[place].isEmpty ? $0[place] : nil }
        return SensorChannel(name: name, unit: unit)
      }
    }
  }

  /// Channels of these names, with the units that were asked for, else those found with the names.
  ///
  /// - Throws: a fault of the layout where there are not as many units as channels.
  func channels(_ found: [SensorChannel]) throws(LineFault) -> [SensorChannel] {
    guard let units else { return found }
    guard units.count == found.count else {
      throw LineFault(
        .layout,
        "there are \(units.count) units for \(found.count) channels (\(found.map(\.name).joined(separator: ", ")))")
    }
    return zip(found, units).map { SensorChannel(name: $0.name, unit: $1.isEmpty ? $0.unit : $1) }
  }
}
