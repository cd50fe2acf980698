import CFFmpeg
import Glibc

/// The owner of compressed packets of one stream that wait to be decoded, in the file's order.
///
/// Emptied packets are kept for reuse. Allocates: only when more wait than ever before.
@safe
struct PacketQueue: ~Copyable {
  /// What the queue holds at its head.
  enum Head {
    case nothing
    case packet
    /// The stream was found starved at this point of the file: what is in the decoder is to be brought out.
    case starved
  }

  private var waiting: [UnsafeMutablePointer<AVPacket>?] = unsafe []
  private var head = 0
  private var free: [UnsafeMutablePointer<AVPacket>] = unsafe []
  /// Bytes of all packets that wait.
  private(set) var byteCount = 0

  init() {}

  deinit {
    var position = head
    while unsafe position < waiting.count {
      var packet = unsafe waiting[position]
      unsafe av_packet_free(&packet)
      position += 1
    }
    position = 0
    while unsafe position < free.count {
      var packet: UnsafeMutablePointer<AVPacket>? = unsafe free[position]
      unsafe av_packet_free(&packet)
      position += 1
    }
  }

  var isEmpty: Bool { unsafe head == waiting.count }

  var first: Head {
    if isEmpty { return .nothing }
    return unsafe waiting[head] == nil ? .starved : .packet
  }

  /// The stamp of the first packet, in ticks.
  var firstStamp: Int64? {
    guard !isEmpty, let packet = unsafe waiting[head] else { return nil }
    return unsafe FFmpegCall.stamp(packet.pointee.pts)
  }

  /// Takes over what `packet` refers to, and leaves it empty. Returns false when there is no memory.
  @unsafe
  mutating func append(moving packet: UnsafeMutablePointer<AVPacket>) -> Bool {
    guard let shell = unsafe free.popLast() ?? av_packet_alloc() else { return false }
    byteCount += unsafe Int(packet.pointee.size)
    unsafe av_packet_move_ref(shell, packet)
    unsafe waiting.append(shell)
    return true
  }

  mutating func appendStarvedMark() {
    unsafe waiting.append(nil)
  }

  /// Lends the first packet.
  @unsafe
  func withFirst<R>(_ body: (UnsafeMutablePointer<AVPacket>) -> R) -> R? {
    guard !isEmpty, let packet = unsafe waiting[head] else { return nil }
    return unsafe body(packet)
  }

  mutating func removeFirst() {
    guard !isEmpty else { return }
    if let packet = unsafe waiting[head] {
      byteCount -= unsafe Int(packet.pointee.size)
      unsafe av_packet_unref(packet)
      unsafe free.append(packet)
    }
    head += 1
    if unsafe head == waiting.count {
      unsafe waiting.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 64, unsafe head * 2 >= waiting.count {
      unsafe waiting.removeSubrange(0..<head)
      head = 0
    }
  }

  mutating func removeAll() {
    while !isEmpty { removeFirst() }
  }
}
