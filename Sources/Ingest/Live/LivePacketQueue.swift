import BraidCore
import CFFmpeg
import Glibc
import Synchronization

/// What passes from the thread that reads a live source to the one that decodes it: packets with their arrivals, and what
/// happens to the connection, in order.
///
/// Bounded in packets and bytes. When it is full the oldest packets are dropped up to the next picture that can be decoded
/// by itself (without pictures, the oldest packets), and counted; the reading thread never waits. Allocates: no, once as many
/// packets have waited as ever do.
final class LivePacketQueue: Sendable {
  /// What comes out.
  enum Item: Sendable {
    case nothing
    /// A packet was moved out.
    case packet(stream: Int, arrival: HostTime)
    /// These were dropped since the last item, by stream.
    case dropped([Dropped])
    /// A connection stands.
    case opened(LiveConnection.Streams)
    /// A stream goes on with another codec.
    case changed(stream: Int, LiveConnection.Changed)
    /// The connection is lost and will be tried again.
    case lost(IngestError, at: HostTime)
    /// Nothing more will come.
    case ended(IngestError?)
  }

  /// Packets of one stream that were dropped.
  struct Dropped: Sendable {
    var packets = 0
    /// Their length, in the stream's ticks.
    var ticks: Int64 = 0
  }

  private struct Slot {
    var item: Item
    var packet: PacketOwner?
    var bytes = 0
    var ticks: Int64 = 0
    /// Whether decoding can begin here.
    var isStart = false
  }

  private struct State {
    var slots: [Slot] = []
    var head = 0
    var free: [PacketOwner] = []
    var packets = 0
    var bytes = 0
    var dropped: [Dropped]
    var hasDropped = false
    /// Pictures are dropped until one that can be decoded by itself.
    var awaitsStart = false
  }

  /// Notified when there is something new.
  let ready = Signal()
  private let state: Guarded<State>
  private let reopening = Atomic<Int>(0)
  private let packetLimit: Int
  private let byteLimit: Int
  private let isPicture: [Bool]

  /// An empty queue for streams of these kinds.
  init(_ kinds: [InputStreamKind], packetLimit: Int, byteLimit: Int) {
    isPicture = kinds.map { $0 == .video }
    self.packetLimit = max(2, packetLimit)
    self.byteLimit = byteLimit
    state = Guarded(State(dropped: Array(repeating: Dropped(), count: kinds.count)))
  }

  /// Takes over what `packet` refers to, and leaves it empty. Returns false when there is no memory.
  @unsafe
  func push(moving packet: UnsafeMutablePointer<AVPacket>, stream: Int, arrival: HostTime) -> Bool {
    let size = unsafe Int(packet.pointee.size)
    let ticks = unsafe max(0, packet.pointee.duration)
    let isKey = unsafe packet.pointee.flags & AV_PKT_FLAG_KEY != 0
    let isPicture = isPicture.indices.contains(stream) && isPicture[stream]
    let isStart = isKey && (isPicture || !self.isPicture.contains(true))
    let (isWanted, owner) = state.withLock { state -> (Bool, PacketOwner?) in
      while state.packets > 0, state.packets >= packetLimit || state.bytes + size > byteLimit { dropGroup(&state) }
      if isStart { state.awaitsStart = false }
      if state.awaitsStart, isPicture {
        note(stream, ticks, &state)
        return (false, nil)
      }
      return (true, state.free.popLast())
    }
    guard isWanted else {
      unsafe av_packet_unref(packet)
      ready.notify()
      return true
    }
    let kept = owner ?? PacketOwner()
    guard unsafe kept.take(packet) else { return false }
    let slot = Slot(
      item: .packet(stream: stream, arrival: arrival), packet: kept, bytes: size, ticks: ticks, isStart: isStart)
    state.withLock { state in
      state.slots.append(slot)
      state.packets += 1
      state.bytes += size
    }
    ready.notify()
    return true
  }

  /// Puts in what is no packet.
  func push(_ item: Item) {
    let slot = Slot(item: item)
    state.withLock { state in state.slots.append(slot) }
    ready.notify()
  }

  /// Takes the oldest item; a packet's contents are moved into `packet`, which must be empty.
  @unsafe
  func take(into packet: UnsafeMutablePointer<AVPacket>) -> Item {
    let (item, owner) = state.withLock { state -> (Item, PacketOwner?) in
      if state.hasDropped {
        state.hasDropped = false
        let dropped = state.dropped
        for index in state.dropped.indices { state.dropped[index] = Dropped() }
        return (.dropped(dropped), nil)
      }
      guard state.head < state.slots.count else { return (.nothing, nil) }
      let slot = state.slots[state.head]
      state.slots[state.head].packet = nil
      state.head += 1
      if slot.packet != nil {
        state.packets -= 1
        state.bytes -= slot.bytes
      }
      if state.head == state.slots.count || (state.head >= 256 && state.head * 2 >= state.slots.count) {
        state.slots.removeSubrange(0..<state.head)
        state.head = 0
      }
      return (slot.item, slot.packet)
    }
    if let owner {
      unsafe owner.give(packet)
      state.withLock { $0.free.append(owner) }
    }
    return item
  }

  /// Asks the reading thread to open the source anew, because what this connection (1, 2, …) brings cannot be decoded any more.
  func requestReopening(of connection: Int) {
    reopening.store(connection, ordering: .relaxed)
  }

  /// Whether that was asked for.
  func isReopeningRequested(of connection: Int) -> Bool {
    reopening.load(ordering: .relaxed) == connection
  }

  /// Drops the oldest packets up to the next at which decoding can begin. What is no packet stays.
  private func dropGroup(_ state: inout State) {
    var kept: [Slot] = []
    var index = state.head
    var hasDropped = false
    while index < state.slots.count {
      let slot = state.slots[index]
      if case .packet(let stream, _) = slot.item, let owner = slot.packet {
        if hasDropped, slot.isStart { break }
        owner.empty()
        state.free.append(owner)
        state.packets -= 1
        state.bytes -= slot.bytes
        note(stream, slot.ticks, &state)
        hasDropped = true
      } else {
        kept.append(slot)
      }
      index += 1
    }
    if index == state.slots.count { state.awaitsStart = isPicture.contains(true) }
    state.slots.replaceSubrange(state.head..<index, with: kept)
  }

  private func note(_ stream: Int, _ ticks: Int64, _ state: inout State) {
    guard state.dropped.indices.contains(stream) else { return }
    state.dropped[stream].packets += 1
    state.dropped[stream].ticks = state.dropped[stream].ticks.addingSaturating(ticks)
    state.hasDropped = true
  }
}

/// The owner of an `AVPacket`, empty or full.
@safe
final class PacketOwner: @unchecked Sendable {
  // SAFETY: used by one thread at a time; a queue's lock hands it over.

  private let packet: UnsafeMutablePointer<AVPacket>?

  init() {
    unsafe packet = av_packet_alloc()
  }

  deinit {
    var packet = unsafe packet
    unsafe av_packet_free(&packet)
  }

  /// Takes over what `other` refers to, and leaves it empty. Returns false when there was no memory for this one.
  @unsafe
  func take(_ other: UnsafeMutablePointer<AVPacket>) -> Bool {
    guard let packet = unsafe packet else { return false }
    unsafe av_packet_move_ref(packet, other)
    return true
  }

  /// Hands over what it refers to, and is left empty.
  @unsafe
  func give(_ other: UnsafeMutablePointer<AVPacket>) {
    guard let packet = unsafe packet else { return }
    unsafe av_packet_move_ref(other, packet)
  }

  func empty() {
    unsafe av_packet_unref(packet)
  }
}
