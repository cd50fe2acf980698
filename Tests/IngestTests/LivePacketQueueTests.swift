import BraidCore
import CFFmpeg
import Testing

@testable import BraidIngest

@Suite("Queues between reading and decoding")
struct LivePacketQueueTests {
  /// What is taken out of a queue, in words.
  private func drain(_ queue: LivePacketQueue) -> [String] {
    var packet = unsafe av_packet_alloc()
    defer { unsafe av_packet_free(&packet) }
    var taken: [String] = []
    while let packet = unsafe packet {
      switch unsafe queue.take(into: packet) {
      case .nothing: return taken
      case .packet(let stream, _):
        taken.append(unsafe "\(stream):\(packet.pointee.pts)")
        unsafe av_packet_unref(packet)
      case .dropped(let dropped):
        taken.append("dropped " + dropped.map { "\($0.packets)/\($0.ticks)" }.joined(separator: " "))
      case .lost(let error, _): taken.append(error.message)
      case .ended: taken.append("ended")
      case .opened, .changed: taken.append("connection")
      }
    }
    return taken
  }

  private func push(_ queue: LivePacketQueue, _ stream: Int, _ number: Int64, isKey: Bool, bytes: Int32 = 10) {
    var packet = unsafe av_packet_alloc()
    defer { unsafe av_packet_free(&packet) }
    guard let packet = unsafe packet, unsafe av_new_packet(packet, bytes) == 0 else { return }
    unsafe packet.pointee.pts = number
    unsafe packet.pointee.duration = 2
    unsafe packet.pointee.flags = isKey ? AV_PKT_FLAG_KEY : 0
    let isKept = unsafe queue.push(moving: packet, stream: stream, arrival: HostTime(nanoseconds: number))
    #expect(isKept)
  }

  @Test("A full queue drops whole groups of pictures with the sound between them, and counts them")
  func groups() {
    let queue = LivePacketQueue([.video, .audio], packetLimit: 8, byteLimit: 1 << 20)
    // v is a picture, V one that can be decoded by itself.
    for number in 0..<Int64(10) {
      push(queue, 0, number, isKey: number % 4 == 0)
      if number % 2 == 1 { push(queue, 1, number, isKey: true) }
    }
    // 0 1 a1 2 3 a3 | 4 5 a5 6 7 a7 | 8 9 a9: the first group goes when the ninth packet comes, the second later.
    #expect(drain(queue) == ["dropped 8/16 4/8", "0:8", "0:9", "1:9"])
    #expect(drain(queue) == [])
  }

  @Test("Without a picture that can be decoded by itself everything goes, and what follows up to the next one")
  func noKey() {
    let queue = LivePacketQueue([.video], packetLimit: 4, byteLimit: 1 << 20)
    push(queue, 0, 0, isKey: true)
    for number in 1..<Int64(6) { push(queue, 0, number, isKey: false) }
    push(queue, 0, 6, isKey: true)
    push(queue, 0, 7, isKey: false)
    #expect(drain(queue) == ["dropped 6/12", "0:6", "0:7"])
  }

  @Test("Sound alone loses its oldest packets, by bytes as well, and what is no packet stays in its place")
  func sound() {
    let queue = LivePacketQueue([.audio], packetLimit: 100, byteLimit: 30)
    push(queue, 0, 0, isKey: true)
    queue.push(.lost(IngestError(.lost, "gone", location: "x"), at: HostTime(nanoseconds: 0)))
    for number in 1..<Int64(6) { push(queue, 0, number, isKey: true) }
    queue.push(.ended(nil))
    #expect(drain(queue) == ["dropped 3/6", "gone", "0:3", "0:4", "0:5", "ended"])
    push(queue, 0, 9, isKey: true, bytes: 1000)
    #expect(drain(queue) == ["0:9"])
  }
}
