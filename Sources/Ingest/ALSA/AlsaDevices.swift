import BraidCore
import CALSA
import Glibc

/// What sound devices this machine has.
public enum AlsaDevices {
  /// One of libasound's name hints that can capture.
  struct Hint: Hashable {
    var name: String
    var description: String
  }

  /// How long a device may take to say what it has, before it is listed without.
  private static let patience = MediaDuration.seconds(2)

  /// Names of libasound's that are no devices but ways to convert what a device gives.
  private static let converters: Set<String> = [
    "null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix",
  ]
  /// Asking JACK whether it is there may start it, and it writes to stderr.
  private static let untouchable: Set<String> = ["jack"]

  /// All devices that can capture: those of libasound's name hints, and the cards' own (`hw:`) where no hint names them. Each is
  /// opened for a moment, without waiting for it, to ask what it has; none is started. Names with nothing behind them, as that of a
  /// sound server that does not run, are left out.
  public static func list() -> [CaptureDevice] {
    var hints = hints().filter { !untouchable.contains($0.name) }
    for card in cards() where !hints.contains(where: { $0.name == card.name }) { hints.append(card) }
    return hints.compactMap { examine($0) }
  }

  /// The name hints of devices that capture.
  static func hints() -> [Hint] {
    AlsaCall.quietly {
      var list: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
      guard unsafe snd_device_name_hint(-1, "pcm", &list) >= 0, let list = unsafe list else { return [] }
      defer { unsafe snd_device_name_free_hint(list) }
      var hints: [Hint] = []
      var place = unsafe list
      while let hint = unsafe place.pointee {
        unsafe place += 1
        let direction = unsafe text(hint, "IOID")
        guard direction == nil || direction == "Input", let name = unsafe text(hint, "NAME"),
          !converters.contains(name)
        else { continue }
        let words = unsafe text(hint, "DESC") ?? name
        hints.append(Hint(name: name, description: words.split(separator: "\n").joined(separator: ", ")))
      }
      return hints
    }
  }

  @unsafe
  private static func text(_ hint: UnsafeMutableRawPointer, _ id: String) -> String? {
    guard let words = unsafe snd_device_name_get_hint(hint, id) else { return nil }
    defer { unsafe free(words) }
    return unsafe String(cString: words)
  }

  /// The capture devices of the cards, as `hw:CARD=…,DEV=…`.
  private static func cards() -> [Hint] {
    AlsaCall.quietly {
      var found: [Hint] = []
      var card: Int32 = -1
      while unsafe snd_card_next(&card) >= 0, card >= 0 {
        var control: OpaquePointer?
        guard unsafe snd_ctl_open(&control, "hw:\(card)", SND_PCM_NONBLOCK) >= 0, let control = unsafe control else {
          continue
        }
        defer { _ = unsafe snd_ctl_close(control) }
        found += unsafe devices(of: control)
      }
      return found
    }
  }

  @unsafe
  private static func devices(of control: OpaquePointer) -> [Hint] {
    var (cardInfo, info): (OpaquePointer?, OpaquePointer?)
    guard unsafe snd_ctl_card_info_malloc(&cardInfo) == 0, let cardInfo = unsafe cardInfo else { return [] }
    defer { unsafe snd_ctl_card_info_free(cardInfo) }
    guard unsafe snd_pcm_info_malloc(&info) == 0, let info = unsafe info else { return [] }
    defer { unsafe snd_pcm_info_free(info) }
    guard unsafe snd_ctl_card_info(control, cardInfo) >= 0, let id = unsafe snd_ctl_card_info_get_id(cardInfo),
      let name = unsafe snd_ctl_card_info_get_name(cardInfo)
    else { return [] }
    let (cardID, cardName) = unsafe (String(cString: id), String(cString: name))
    var found: [Hint] = []
    var device: Int32 = -1
    while unsafe snd_ctl_pcm_next_device(control, &device) >= 0, device >= 0 {
      unsafe snd_pcm_info_set_device(info, UInt32(device))
      unsafe snd_pcm_info_set_subdevice(info, 0)
      unsafe snd_pcm_info_set_stream(info, SND_PCM_STREAM_CAPTURE)
      guard unsafe snd_ctl_pcm_info(control, info) >= 0 else { continue }
      let words = unsafe snd_pcm_info_get_name(info).map { unsafe String(cString: $0) } ?? ""
      found.append(
        Hint(
          name: "hw:CARD=\(cardID),DEV=\(device)", description: words.isEmpty ? cardName : "\(cardName), \(words)"))
    }
    return found
  }

  /// Opens a device for a moment to ask what it has; nil where there is nothing of that name.
  private static func examine(_ hint: Hint) -> CaptureDevice? {
    var device = CaptureDevice(
      uri: "alsa:" + hint.name, kind: .audio, name: hint.name, description: hint.description)
    let answer = Guarded<Result<String, IngestError>?>(nil)
    let answered = Signal()
    let ticket = answered.ticket()
    let thread = DedicatedThread(name: "braid-alsa-list") {
      let result = AlsaCall.quietly { () -> Result<String, IngestError> in
        do throws(IngestError) {
          return .success(try PCM(hint.name, location: hint.name).offer(location: hint.name))
        } catch {
          return .failure(error)
        }
      }
      answer.withLock { $0 = result }
      answered.notify()
    }
    answered.wait(since: ticket, until: MonotonicClock().now + patience)
    switch answer.withLock({ $0 }) {
    case nil:
      thread.abandon()
      device.state = .unusable
      device.description += " (does not answer)"
      return device
    case .success(let offer)?:
      device.state = .ready
      device.formats = [offer]
    case .failure(let error)?:
      switch error.code {
      case .busy: device.state = .busy
      case .notPermitted: device.state = .notPermitted
      case .notFound:
        thread.join()
        return nil
      default:
        device.state = .unusable
        device.description += " (\(error.cause ?? error.message))"
      }
    }
    thread.join()
    return device
  }
}
