import BraidCore
import Testing

@testable import BraidIngest

@Suite("Device URIs")
struct DeviceLocationTests {
  @Test("A name alone asks for nothing, whatever colons and commas it holds")
  func names() throws {
    for name in ["hw:1", "hw:CARD=PCH,DEV=0", "default", "plug:'hw:1'"] {
      let location = try #require(try DeviceLocation("alsa:" + name))
      #expect(location.kind == .alsa)
      #expect(location.name == name)
      #expect(location.sampleRate == nil && location.channelCount == nil && location.latency == nil)
    }
    #expect(try DeviceLocation("screen::0.0+10,20")?.name == ":0.0+10,20")
    #expect(try DeviceLocation("V4L2:/dev/video0")?.kind == .v4l2)
    #expect(try DeviceLocation("lavfi:testsrc?x=1")?.name == "testsrc?x=1")
    for other in ["clip.mp4", "rtsp://host/alsa:hw", "-", "alsa"] { #expect(try DeviceLocation(other) == nil) }
  }

  @Test("Every option is read")
  func options() throws {
    let sound = try #require(try DeviceLocation("alsa:hw:1?rate=16000&channels=1&format=s16&latency=20ms"))
    #expect(sound.name == "hw:1")
    #expect(sound.sampleRate == 16000)
    #expect(sound.channelCount == 1)
    #expect(sound.sampleFormat == .s16)
    #expect(sound.latency == .milliseconds(20))
    let picture = try #require(try DeviceLocation("v4l2:/dev/video0?size=1280x720&rate=30000/1001&format=mjpeg"))
    #expect(picture.size == DeviceLocation.Size(width: 1280, height: 720))
    #expect(picture.frameRate?.text == "30000/1001")
    #expect(picture.pictureFormat == "mjpeg")
    #expect(try DeviceLocation("screen::0?rate=29.97")?.frameRate?.text == "29970/1000")
  }

  @Test(
    "What is wrong is named, and what is right said",
    arguments: [
      ("alsa:", "alsa"), ("alsa:hw:1?pitch=2", "pitch"), ("alsa:hw:1?rate=fast", "rate"), ("alsa:hw:1?rate=0", "rate"),
      ("alsa:hw:1?rate=99999999999999999999", "rate"), ("alsa:hw:1?channels=65", "channels"),
      ("alsa:hw:1?format=mp3", "format"), ("alsa:hw:1?latency=-5ms", "latency"), ("alsa:hw:1?latency=2s", "latency"),
      ("alsa:hw:1?rate=1&rate=2", "twice"), ("alsa:hw:1?rate", "rate"), ("alsa:hw:1?=", "option"),
      ("v4l2:/dev/video0?size=0x9", "size"), ("v4l2:/dev/video0?size=1280", "size"),
      ("v4l2:/dev/video0?rate=1/0", "rate"),
      ("v4l2:/dev/video0?rate=nan", "rate"), ("v4l2:/dev/video0?channels=1", "channels"),
      ("screen::0?format=a/b", "format"),
    ])
  func mistakes(_ uri: String, _ word: String) {
    let error = #expect(throws: IngestError.self) { _ = try DeviceLocation(uri) }
    #expect(error?.code == .invalidOption)
    #expect(error?.message.contains(word) == true)
    #expect(error?.remedy.isEmpty == false)
  }
}
