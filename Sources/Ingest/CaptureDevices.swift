public import BraidCore
// Its headers hold `timespec`, and may be where the compiler sees it first.
import CALSA
import Foundation
import Glibc

/// What this machine can capture from.
public enum CaptureDevices {
  /// All microphones, cameras and screens, in this order, those that cannot be used behind all others. Each is opened for a
  /// moment; none is started. Blocks for as long as drivers and servers take to answer.
  public static func list() -> [CaptureDevice] {
    let devices = AlsaDevices.list() + V4L2Devices.list() + Screens.list()
    return devices.filter { $0.state != .unusable } + devices.filter { $0.state == .unusable }
  }

  /// Something that came, went or changed.
  public enum Change: Hashable, Sendable {
    /// A device that was not there before, or anything of it is new.
    case present(CaptureDevice)
    /// One that is there no more.
    case gone(CaptureDevice)
  }

  /// Waits for devices to come and go, and hands out what is there at first, then each change.
  ///
  /// Looks twice a second at the names in the system's folders of devices and at libasound's configuration, and asks the devices
  /// themselves only when one of those has changed. That somebody begins to use a device is therefore not seen.
  ///
  /// - Parameters:
  ///   - stop: ends the wait, from another thread, which then notifies `wake`.
  ///   - wake: what the wait listens to.
  ///   - clock: what is waited on.
  ///   - changes: called with what has changed, on the calling thread, at least once; called with nothing at every further look.
  ///     Returns whether to go on.
  public static func watch(
    stop: InputInterruption, wake: Signal, clock: any SessionClock = MonotonicClock(), _ changes: ([Change]) -> Bool
  ) {
    var known: [CaptureDevice] = []
    var seen: [String] = []
    while true {
      let ticket = wake.ticket()
      guard !stop.isInterrupted else { return }
      let trace = trace()
      var found: [Change] = []
      if trace != seen {
        // A device's node comes before its permissions: what is found now may change once more.
        let devices = list()
        found = differences(from: known, to: devices)
        (known, seen) = (devices, trace)
      }
      guard changes(found) else { return }
      clock.wait(on: wake, since: ticket, until: clock.now + .milliseconds(500))
    }
  }

  /// What has changed between two lists: what is gone first, then what is there anew.
  static func differences(from old: [CaptureDevice], to new: [CaptureDevice]) -> [Change] {
    old.filter { device in !new.contains { $0.uri == device.uri } }.map(Change.gone)
      + new.filter { !old.contains($0) }.map(Change.present)
  }

  /// What changes when a device comes, goes, or is given to another user: names with their owners and permissions.
  private static func trace() -> [String] {
    let folders = [("/dev/snd", ""), ("/dev", "video"), ("/tmp/.X11-unix", "X")]
    var paths: [String] = []
    for (folder, prefix) in folders {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      paths += names.filter { $0.hasPrefix(prefix) }.sorted().map { "\(folder)/\($0)" }
    }
    let environment = ProcessInfo.processInfo.environment
    paths += environment["ALSA_CONFIG_PATH"]?.split(separator: ":").map(String.init) ?? []
    paths += ["/etc/asound.conf", environment["HOME"].map { $0 + "/.asoundrc" } ?? ""]
    return paths.compactMap { path in
      var facts = stat()
      guard unsafe stat(path, &facts) == 0 else { return nil }
      return
        "\(path) \(facts.st_ino) \(facts.st_mode) \(facts.st_uid) \(facts.st_gid) \(facts.st_ctim.tv_sec) \(facts.st_ctim.tv_nsec)"
    }
  }
}
