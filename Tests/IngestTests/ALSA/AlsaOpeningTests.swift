import BraidCore
import BraidTestSupport
import Foundation
import Testing

@testable import BraidIngest

/// Formats, and devices that cannot be opened.
@Suite("Opening a sound device", .serialized, .timeLimit(.minutes(2)))
struct AlsaOpeningTests {
  private static func open(_ uri: String) throws -> AlsaInput {
    let location = try #require(try DeviceLocation(uri))
    return try AlsaInput.open(location, options: InputOptions(), interruption: InputInterruption())
  }

  @Test(
    "Samples of every format and number of channels are what the device stored, to the bit",
    arguments: zip(
      ["S16_LE", "S24_LE", "S24_3LE", "S32_LE", "FLOAT_LE", "S16_LE", "S24_3LE"], [2, 3, 4, 8, 5, 8, 2]))
  func formats(_ format: String, _ channels: Int) throws {
    var settings = TestMicrophone.Settings()
    settings.format = format
    settings.channels = channels
    let microphone = try Microphone(try TestMicrophone(settings))
    microphone.take(seconds: 3) { microphone.sampleCount >= 4800 }
    _ = microphone.finish()
    #expect(microphone.breaks == 0)
    let description = microphone.input.description.streams[0]
    #expect(description.audio?.channelCount == channels)
    #expect(description.audio?.sampleRate == 48000)
    #expect(description.audio?.periodSamples == 480)
    #expect((description.audio?.bufferSamples ?? 0) >= 9600)
    #expect(microphone.sampleCount >= 4800)

    let period: UInt64 = 32768
    // The counter holds the low 15 bits of the device's sample; the capture time tells which turn of it.
    let first = try #require(microphone.blocks.first)
    let begin = Double(first.captured.nanoseconds) / 1e9 * 48000 - Double(first.count)
    let low = UInt64(first.samples[1] * 32768)
    let turns = ((begin - Double(low)) / Double(period)).rounded()
    var sample = UInt64(turns) * period + low
    var wrong = 0
    for block in microphone.blocks {
      for frame in 0..<block.count {
        for channel in 0..<channels {
          let value = block.samples[frame * channels + channel]
          if channel == 0 {
            let phase = (1000 * Double(sample) / 48000).truncatingRemainder(dividingBy: 1)
            wrong += abs(Double(value) - 0.5 * sine(phase)) > 2e-4 ? 1 : 0
          } else if channel > 1 {
            wrong += value != expected(TestMicrophone.noise(sample: sample, channel: channel), format) ? 1 : 0
          }
        }
        sample += 1
      }
    }
    #expect(wrong == 0)
  }

  /// What a whole number of 32 bits becomes in a format, as a float.
  private func expected(_ value: Int32, _ format: String) -> Float {
    switch format {
    case "S32_LE": Float(Double(value) / 2_147_483_648)
    case "S16_LE": Float(value >> 16) / 32768
    default: Float(value >> 8) / 8_388_608
    }
  }

  private func sine(_ phase: Double) -> Double { sin(2 * .pi * phase) }

  @Test("One channel, and rates and latencies that are asked for")
  func requests() throws {
    var settings = TestMicrophone.Settings()
    settings.counter = 0
    let device = try TestMicrophone(settings)
    let microphone = try Microphone(device, options: "?rate=16000&channels=1&latency=20ms&format=s16")
    microphone.take(seconds: 3) { microphone.sampleCount >= 3200 }
    _ = microphone.finish()
    let audio = try #require(microphone.input.description.streams[0].audio)
    #expect(audio.sampleRate == 16000)
    #expect(audio.channelCount == 1)
    #expect(audio.periodSamples == 320)
    #expect(microphone.blocks.allSatisfy { $0.count == 320 && $0.channels == 1 })
    #expect(microphone.breaks == 0)
    #expect(microphone.sampleCount >= 3200)
  }

  @Test("What a device does not give is said, with what it has")
  func refusals() throws {
    var settings = TestMicrophone.Settings()
    settings.format = "S24_3LE"
    settings.channels = 2
    settings.rate = 44100
    let device = try TestMicrophone(settings)
    for (option, word) in [("rate=48000", "48000"), ("channels=1", "1 channels"), ("format=s16", "s16")] {
      let error = #expect(throws: IngestError.self) { _ = try Self.open(device.uri + "?" + option) }
      #expect(error?.code == .formatRefused)
      #expect(error?.message.contains(word) == true)
      #expect(error?.remedy.contains("s24-packed; 44100 Hz; 2 channels") == true, "\(error?.remedy ?? "")")
    }
    let own = try Self.open(device.uri)
    #expect(own.description.streams[0].audio?.sampleRate == 44100)
    #expect(own.description.streams[0].codec == "pcm_s24le")
  }

  @Test("Busy, forbidden, unplugged and unknown devices are told apart")
  func troubles() throws {
    let device = try TestMicrophone()
    func code() -> IngestError? {
      #expect(throws: IngestError.self) { _ = try Self.open(device.uri) }
    }
    try device.occupy(true)
    #expect(code()?.code == .busy)
    try device.occupy(false)
    try device.deny(true)
    let denied = code()
    #expect(denied?.code == .notPermitted)
    #expect(denied?.remedy.contains("group audio") == true)
    try device.deny(false)
    try device.plug(false)
    #expect(code()?.code == .notFound)
    try device.plug(true)
    _ = try Self.open(device.uri)
    let unknown = #expect(throws: IngestError.self) { _ = try Self.open(device.uri + "x") }
    #expect(unknown?.code == .notFound)
    #expect(unknown?.remedy.contains("Did you mean ") == true)
    #expect(unknown?.remedy.contains(device.uri) == true, "\(unknown?.remedy ?? "")")
  }

  @Test("The list has the device with what it gives, or why not")
  func list() throws {
    var settings = TestMicrophone.Settings()
    settings.channels = 4
    settings.rate = 96000
    let device = try TestMicrophone(settings)
    let listed = try #require(AlsaDevices.list().first { $0.name == device.name })
    #expect(listed.uri == device.uri)
    #expect(listed.kind == .audio)
    #expect(listed.state == .ready)
    #expect(listed.description == "Test microphone \(device.name)")
    #expect(listed.formats == ["s16; 96000 Hz; 4 channels"])
    try device.occupy(true)
    #expect(AlsaDevices.list().first { $0.name == device.name }?.state == .busy)
    try device.occupy(false)
  }

  @Test("A device that does not keep time is refused, not believed")
  func unpaced() throws {
    _ = try TestMicrophone()
    let input = try Self.open("alsa:null")
    let ready = Signal()
    let ring = Ring(
      capacity: RingCapacity(elements: 16, bytes: 1 << 20), policy: .dropOldest, ready: ready, space: input.wake)
    input.start(rings: [0: ring], pace: .live(start: MonotonicClock().now), threadName: "braid-null")
    let deadline = MonotonicClock().now + .seconds(20)
    while input.failure == nil, MonotonicClock().now < deadline {
      ready.wait(since: ready.ticket(), until: MonotonicClock().now + .milliseconds(20)); while ring.pop() != nil {}
    }
    #expect(input.failure?.code == .unusable)
    input.stop()
    input.join()
  }
}
