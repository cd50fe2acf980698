/// Writes one line of JSON after another into a buffer that is used again and again.
///
/// Writes what it is told, in that order; it never reorders, and knows no optional: a field that is not there is not
/// written. Numbers that JSON cannot hold (NaN, infinities) become `null`. Allocates: only while the buffer grows.
public struct JSONWriter {
  /// What has been written so far, in UTF-8.
  public private(set) var bytes: [UInt8] = []
  /// One bit for each open object or array, lowest for the innermost: whether something stands in it already.
  private var filled: UInt64 = 0
  private var afterKey = false

  /// Where in ``bytes`` the record's sequence number belongs, once it is known; nil if the record has none.
  public private(set) var sequenceMark: Int?

  /// The event whose sequence number is wanted later, for a correction; nil for every other record.
  public private(set) var correctableID: Int?

  /// Where the sequence number of an earlier record belongs, and that record's event; nil if the record corrects none.
  public private(set) var revision: (mark: Int, id: Int)?

  /// Added to every record as `session`, where several sessions may write to one place.
  public var sessionID: String?

  /// Added to every record as `input`, where records of several inputs go to one place.
  public var input: String?

  /// An empty buffer.
  public init() {
    bytes.reserveCapacity(4096)
  }

  /// Forgets what was written and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    sequenceMark = nil
    correctableID = nil
    revision = nil
    filled = 0
    afterKey = false
  }

  // MARK: Structure

  /// `{`
  public mutating func beginObject() { open(UInt8(ascii: "{")) }
  /// `}`
  public mutating func endObject() { close(UInt8(ascii: "}")) }
  /// `[`
  public mutating func beginArray() { open(UInt8(ascii: "[")) }
  /// `]`
  public mutating func endArray() { close(UInt8(ascii: "]")) }
  /// Ends the line that the outermost object stands on.
  public mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

  /// A key of an object; its value must follow.
  public mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    afterKey = true
  }

  /// A key of an object that is only known at run time; its value must follow.
  public mutating func key(_ name: String) {
    separate()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    afterKey = true
  }

  // MARK: Values

  /// A string.
  public mutating func value(_ text: String) {
    separate()
    quote(text)
  }

  /// A string that needs no escapes.
  mutating func value(_ text: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    append(text)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A name that needs no escapes, a space, and a text.
  mutating func value(_ name: StaticString, _ text: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    append(name)
    bytes.append(UInt8(ascii: " "))
    escape(text)
    bytes.append(UInt8(ascii: "\""))
  }

  /// A value that is JSON already.
  mutating func value(json: [UInt8]) {
    separate()
    bytes.append(contentsOf: json)
  }

  /// A whole number.
  public mutating func value(_ number: Int) {
    separate()
    appendInteger(Int64(number))
  }

  /// `true` or `false`.
  public mutating func value(_ flag: Bool) {
    separate()
    append(flag ? "true" : "false")
  }

  /// `null`.
  public mutating func null() {
    separate()
    append("null")
  }

  /// An instant, in seconds with as many decimals as it needs, nine at most.
  public mutating func value(_ time: MediaTime) {
    separate()
    appendFixed(time.nanoseconds, decimals: 9)
  }

  /// A duration, in seconds with as many decimals as it needs, nine at most.
  public mutating func seconds(_ duration: MediaDuration) {
    separate()
    appendFixed(duration.nanoseconds, decimals: 9)
  }

  /// A duration, in milliseconds with three decimals at most.
  public mutating func milliseconds(_ duration: MediaDuration) {
    separate()
    let half: Int64 = duration.nanoseconds < 0 ? -500 : 500
    appendFixed(duration.nanoseconds.addingSaturating(half) / 1000, decimals: 3)
  }

  /// A duration, in microseconds with three decimals at most: exactly.
  mutating func microseconds(_ duration: MediaDuration) {
    separate()
    appendFixed(duration.nanoseconds, decimals: 3)
  }

  /// A number with at most `decimals` (0 to 9) decimals, rounded to the nearest; `null` if it is no number.
  public mutating func value(_ number: Double, decimals: Int) {
    guard number.isFinite else { return null() }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (number * scale).rounded()
    guard scaled.magnitude < 9e18 else {
      separate()
      bytes.append(contentsOf: number.description.utf8)
      return
    }
    separate()
    appendFixed(Int64(scaled), decimals: decimals)
  }

  /// A number in the fewest digits that give the same float back; `null` if it is no number.
  public mutating func value(_ number: Float) {
    guard number.isFinite else { return null() }
    separate()
    if number == number.rounded(), number.magnitude < 1e7 {
      appendInteger(Int64(number))
    } else {
      bytes.append(contentsOf: number.description.utf8)
    }
  }

  /// An instant of the wall clock as RFC 3339 in UTC with microseconds: `2026-11-20T10:15:04.720311Z`.
  public mutating func timestamp(nanosecondsSinceEpoch: Int64) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    let microseconds = nanosecondsSinceEpoch.flooredDivided(by: 1000)
    let seconds = microseconds.flooredDivided(by: 1_000_000)
    let days = seconds.flooredDivided(by: 86_400)
    let second = seconds - days * 86_400
    let date = Self.civilDate(days: days)
    appendPadded(date.year, width: 4)
    bytes.append(UInt8(ascii: "-"))
    appendPadded(date.month, width: 2)
    bytes.append(UInt8(ascii: "-"))
    appendPadded(date.day, width: 2)
    bytes.append(UInt8(ascii: "T"))
    appendPadded(second / 3600, width: 2)
    bytes.append(UInt8(ascii: ":"))
    appendPadded(second / 60 % 60, width: 2)
    bytes.append(UInt8(ascii: ":"))
    appendPadded(second % 60, width: 2)
    bytes.append(UInt8(ascii: "."))
    appendPadded(microseconds - seconds * 1_000_000, width: 6)
    append("Z\"")
  }

  /// The field `seq`, whose number ``bytes(numbered:revising:into:)`` puts in when the record leaves. With `event`, a
  /// correction of that event may name it.
  mutating func sequenceNumber(of event: Int? = nil) {
    key("seq")
    separate()
    sequenceMark = bytes.count
    correctableID = event
  }

  /// The field `revises`, with the sequence number of the record that told `event` first. After ``sequenceNumber(of:)``.
  mutating func revisedSequenceNumber(of event: Int) {
    key("revises")
    separate()
    revision = (bytes.count, event)
  }

  /// Appends what was written to `output`, with `seq` where its mark stands, and `revised` where that of ``revision`` does.
  ///
  /// - Returns: whether there was a mark for `seq`, so that the number is used.
  public func bytes(numbered seq: Int, revising revised: Int? = nil, into output: inout [UInt8]) -> Bool {
    guard let sequenceMark else {
      output.append(contentsOf: bytes)
      return false
    }
    output.append(contentsOf: bytes[..<sequenceMark])
    Self.appendDigits(UInt64(max(0, seq)), width: 1, to: &output)
    let rest = revision?.mark ?? bytes.count
    output.append(contentsOf: bytes[sequenceMark..<rest])
    if revision != nil { Self.appendDigits(UInt64(max(0, revised ?? 0)), width: 1, to: &output) }
    output.append(contentsOf: bytes[rest...])
    return true
  }

  // MARK: Bytes

  private mutating func open(_ bracket: UInt8) {
    separate()
    bytes.append(bracket)
    filled <<= 1
  }

  private mutating func close(_ bracket: UInt8) {
    bytes.append(bracket)
    filled >>= 1
    filled |= 1
  }

  private mutating func separate() {
    if afterKey {
      afterKey = false
      return
    }
    if filled & 1 == 1, bytes.last != UInt8(ascii: "\n"), !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
    filled |= 1
  }

  private mutating func append(_ text: StaticString) {
    unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    escape(text)
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case UInt8(ascii: "\r"): append("\\r")
      case UInt8(ascii: "\t"): append("\\t")
      case 0..<0x20:
        append("\\u00")
        bytes.append(Self.hexDigit(byte >> 4))
        bytes.append(Self.hexDigit(byte & 15))
      default: bytes.append(byte)
      }
    }
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  private mutating func appendInteger(_ number: Int64) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(number.magnitude, width: 1)
  }

  private mutating func appendPadded(_ number: Int64, width: Int) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    appendDigits(number.magnitude, width: width)
  }

  private mutating func appendDigits(_ number: UInt64, width: Int) {
    Self.appendDigits(number, width: width, to: &bytes)
  }

  /// Appends at least `width` digits.
  private static func appendDigits(_ number: UInt64, width: Int, to bytes: inout [UInt8]) {
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    while bytes.count - start < width { bytes.append(UInt8(ascii: "0")) }
    // In place: turning a slice round would copy the whole buffer.
    var (low, high) = (start, bytes.count - 1)
    while low < high {
      bytes.swapAt(low, high)
      low += 1
      high -= 1
    }
  }

  /// Appends `number / 10^decimals` without trailing zeros.
  private mutating func appendFixed(_ number: Int64, decimals: Int) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var unit: UInt64 = 1
    for _ in 0..<decimals { unit *= 10 }
    let magnitude = number.magnitude
    appendDigits(magnitude / unit, width: 1)
    var fraction = magnitude % unit
    guard fraction > 0 else { return }
    var width = decimals
    while fraction % 10 == 0 {
      fraction /= 10
      width -= 1
    }
    bytes.append(UInt8(ascii: "."))
    appendDigits(fraction, width: width)
  }

  /// The proleptic Gregorian date of a day counted from 1970-01-01.
  ///
  /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
  private static func civilDate(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = shifted.flooredDivided(by: 146_097)
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }
}

extension Int64 {
  fileprivate func flooredDivided(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return self % divisor < 0 ? quotient - 1 : quotient
  }
}
