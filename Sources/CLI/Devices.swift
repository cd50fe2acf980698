import ArgumentParser
import BraidCore
import BraidIngest
import BraidPipeline
import Glibc

/// `braid devices`
struct Devices: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List what can be captured from: microphones, cameras, screens.",
    discussion: """
      Each is shown with the URI that 'braid run' takes, its state (ready, busy,
      not-permitted, unusable, unknown), and what it gives. With --json, an
      object a line: uri, kind (audio, video, screen), name, description,
      formats, state; with --watch also event (present, gone).

      Examples:
        braid devices
        braid devices --json | jq -r 'select(.kind == "audio").uri'
        braid devices --watch      what is there, then what comes and goes
        braid run alsa:default 'v4l2:/dev/video0?size=1280x720&rate=30'
      """)

  @Flag(name: .long, help: "One JSON object a line instead of a table.")
  var json = false

  @Flag(name: .long, help: "Go on, and tell what comes and goes, until interrupted.")
  var watch = false

  func run() throws {
    let output = LineOutput()
    guard watch else {
      let devices = CaptureDevices.list()
      if devices.isEmpty { StandardError.note("no capture devices; 'braid doctor' says what this machine has") }
      for device in devices { output.write(json ? Self.line(device, event: nil) : Self.text(device, event: nil)) }
      output.flush()
      return
    }
    let stop = InputInterruption()
    let wake = Signal()
    let status = Guarded<ExitStatus?>(nil)
    SignalThread.start { requested in
      status.withLock { $0 = requested }
      stop.interrupt()
      wake.notify()
    }
    CaptureDevices.watch(stop: stop, wake: wake) { changes in
      for change in changes {
        let (device, event) =
          switch change {
          case .present(let device): (device, "present")
          case .gone(let device): (device, "gone")
          }
        output.write(json ? Self.line(device, event: event) : Self.text(device, event: event))
      }
      output.flush()
      return !output.readerHasGone
    }
    if let status = status.withLock({ $0 }) { throw CommandStatus(status) }
  }

  /// A device as a line of JSON.
  private static func line(_ device: CaptureDevice, event: String?) -> [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    if let event {
      writer.key("event")
      writer.value(event)
    }
    for (key, value) in [
      ("uri", device.uri), ("kind", device.kind.rawValue), ("name", device.name), ("description", device.description),
    ] {
      writer.key(key)
      writer.value(value)
    }
    writer.key("formats")
    writer.beginArray()
    for format in device.formats { writer.value(format) }
    writer.endArray()
    writer.key("state")
    writer.value(device.state.rawValue)
    writer.endObject()
    writer.endLine()
    return Array(writer.bytes)
  }

  /// A device as rows of a table: what it is, then what it gives.
  private static func text(_ device: CaptureDevice, event: String?) -> [UInt8] {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    var columns = [padded(device.uri, 34), padded(device.kind.rawValue, 6), padded(device.state.rawValue, 13)]
    if let event { columns.insert(padded(event, 7), at: 0) }
    var text = columns.joined(separator: "  ") + "  " + device.description + "\n"
    if event != "gone" { for format in device.formats { text += "    \(format)\n" } }
    return Array(text.utf8)
  }
}
