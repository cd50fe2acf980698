import BraidCore
import Foundation
import Testing

@testable import BraidIngest

/// What of cameras can be tested without one; the rest is in `make test-devices`.
@Suite("Cameras")
struct CameraTests {
  private static func size(_ width: Int, _ height: Int, _ rates: [Double]) -> V4L2Format.Size {
    V4L2Format.Size(width: width...width, height: height...height, rates: rates)
  }

  /// A usual webcam: uncompressed pictures are slow where they are large.
  private static let webcam = [
    V4L2Format(
      fourcc: "YUYV", name: "yuyv422", description: "YUYV 4:2:2", isCompressed: false,
      sizes: [size(640, 480, [30, 15]), size(1280, 720, [10, 5])]),
    V4L2Format(
      fourcc: "MJPG", name: "mjpeg", description: "Motion-JPEG", isCompressed: true,
      sizes: [size(640, 480, [30]), size(1280, 720, [30, 29.97])]),
    V4L2Format(fourcc: "pBAA", name: nil, description: "10-bit Bayer", isCompressed: false, sizes: []),
  ]

  @Test(
    "The format is the one that gives what was asked for, uncompressed where there is a choice",
    arguments: [
      ("", "yuyv422"), ("?size=640x480&rate=30", "yuyv422"), ("?size=1280x720", "yuyv422"),
      ("?size=1280x720&rate=30", "mjpeg"), ("?size=1280x720&rate=30000/1001", "mjpeg"), ("?rate=60", "yuyv422"),
      ("?format=mjpeg", "mjpeg"), ("?format=MJPG", "mjpeg"), ("?format=yuyv", "yuyv422"),
    ])
  func choice(query: String, format: String) throws {
    let location = try #require(try DeviceLocation("v4l2:/dev/video0" + query))
    #expect(try V4L2Choice(offered: Self.webcam, setting: nil, asked: location).format == format)
  }

  @Test("The present setting's format is kept where nothing speaks against it")
  func setting() throws {
    let setting = V4L2Device.Setting(fourcc: "MJPG", width: 640, height: 480, rate: 30)
    let plain = try #require(try DeviceLocation("v4l2:/dev/video0"))
    #expect(try V4L2Choice(offered: Self.webcam, setting: setting, asked: plain).format == "mjpeg")
    let slow = try #require(try DeviceLocation("v4l2:/dev/video0?size=1280x720&rate=10"))
    #expect(try V4L2Choice(offered: Self.webcam, setting: setting, asked: slow).format == "yuyv422")
  }

  @Test("A format that is not offered is refused, with what is")
  func refused() throws {
    let location = try #require(try DeviceLocation("v4l2:/dev/video0?format=h264"))
    let error = #expect(throws: IngestError.self) {
      try V4L2Choice(offered: Self.webcam, setting: nil, asked: location)
    }
    #expect(error?.code == .formatRefused)
    #expect(error?.remedy.contains("yuyv422 (YUYV), mjpeg (MJPG)") == true)
  }

  @Test("Formats are listed in a line each, with the highest rate of every size")
  func lines() {
    #expect(Self.webcam[0].line == "yuyv422 640x480@30 1280x720@10")
    let any = V4L2Format.Size(width: 32...1920, height: 32...1080, rates: [29.97, 1], takesAnyRate: true)
    #expect(any.text == "32x32..1920x1080@29.97")
    #expect(any.takes(rate: 12) && !any.takes(rate: 30) && any.takes(width: 33, height: 1080))
    #expect(V4L2Format.letters(0x5659_5559) == "YUYV" && V4L2Format.letters(0x2036_3159) == "Y16")
  }

  @Test("A driver's stamps are told apart by their clock, and a wall clock that jumps moves nothing")
  func stamps() {
    let now = HostTime(nanoseconds: 5_000_000_000_000)
    let wall: Int64 = 1_790_000_000_000_000_000
    var monotonic = DriverClock()
    #expect(monotonic.hostTime(microseconds: 4_999_980_000, monotonic: now, wall: wall) == now - .milliseconds(20))
    // One that waited for minutes in a process that stood still is believed too.
    #expect(
      monotonic.hostTime(microseconds: 4_700_000_000, monotonic: now, wall: wall)
        == HostTime(nanoseconds: 4_700_000_000_000))
    var real = DriverClock()
    let stamp = wall / 1000 - 30_000
    #expect(real.hostTime(microseconds: stamp, monotonic: now, wall: wall) == now - .milliseconds(30))
    // An hour forward between stamp and arrival, and back.
    let hour: Int64 = 3_600_000_000_000
    #expect(real.hostTime(microseconds: stamp, monotonic: now, wall: wall + hour) == now)
    #expect(real.hostTime(microseconds: stamp, monotonic: now, wall: wall - hour) == now)
    #expect(
      real.hostTime(microseconds: stamp + hour / 1000, monotonic: now, wall: wall + hour) == now - .milliseconds(30))
    var none = DriverClock()
    #expect(none.hostTime(microseconds: 0, monotonic: now, wall: wall) == now)
    #expect(none.hostTime(microseconds: 40_000, monotonic: now, wall: wall) == now)
  }

  @Test("Screen pictures are due at a steady rate; what is past is left out, and told after a second")
  func schedule() {
    var schedule = FrameSchedule(interval: .milliseconds(100))
    func host(_ milliseconds: Int64) -> HostTime { HostTime(nanoseconds: 0) + .milliseconds(milliseconds) }
    #expect(schedule.next == nil)
    #expect(schedule.take(at: host(7)) == nil && schedule.next == host(107))
    #expect(schedule.take(at: host(110)) == nil && schedule.next == host(207))
    #expect(schedule.take(at: host(499)) == nil && schedule.next == host(507))
    #expect(schedule.take(at: host(3000)) == .milliseconds(2493) && schedule.next == host(3007))
  }

  @Test(
    "What is no camera is an error that says what it is",
    arguments: [
      ("/dev/video4711", IngestError.Code.notFound), ("/dev/null", .unusable), ("/nowhere/video0", .notFound),
    ])
  func wrong(path: String, code: IngestError.Code) {
    let error = #expect(throws: IngestError.self) { try InputOpening.open("v4l2:" + path) }
    #expect(error?.code == code)
    #expect(error?.remedy.isEmpty == false)
  }
}
