import BraidCore
import BraidSync
import BraidTestSupport
import Testing

@Suite("Moments")
struct MomentAssemblerTests {
  private let everything: [MomentMember] = [
    .sound(stream: 1, sampleRate: 16_000, samples: 480, offset: .zero), .text(stream: 2),
    .sensor(stream: 3, maximumAge: .milliseconds(50)),
  ]

  private func moments(
    _ configuration: MomentConfiguration, _ streams: [String], reversed: Bool = false
  ) -> [String] {
    let assembler = MomentAssembler(configuration)
    var lines: [String] = []
    let timeline = Timeline(streams)
    let order = timeline.streams.indices
    for stream in reversed ? order.reversed() : Array(order) {
      for step in timeline.streams[stream] {
        assembler.feed(step, stream: stream)
        lines += assembler.drain()
      }
    }
    return lines
  }

  @Test("at each picture: the sound before it, the text shown, the last reading")
  func allMembers() {
    let configuration = MomentConfiguration(streamCount: 4, tick: .elements(stream: 0), members: everything)
    let streams = [
      "v0 v40 v80 v120 end", "a0+100 a100+50 end", "t30+20:hello t70:world end", "s10=1.5 s20=2.5 s75=3.5 end",
    ]
    let expected = [
      "0: sound lacks 480, no text, no reading",
      "40: sound 10..39.94 (0), 'hello' for 10, reading 2.5 for 20",
      "80: sound 50..79.94 (0), 'world' for 10, reading 3.5 for 5",
      "120: sound 90..119.94 (0), 'world' for 50, reading 3.5 for 45",
    ]
    #expect(moments(configuration, streams) == expected)
    #expect(moments(configuration, streams, reversed: true) == expected)
  }

  @Test("a centred window waits for the sound after the tick")
  func centred() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .elements(stream: 0),
      members: [.sound(stream: 1, sampleRate: 16_000, samples: 320, offset: .milliseconds(10))])
    let assembler = MomentAssembler(configuration)
    for step in Timeline(["v20"]).streams[0] { assembler.feed(step, stream: 0) }
    let sound = Timeline(["a0+20 a20+9 a29+1"]).streams[0]
    assembler.feed(sound[0], stream: 1)
    #expect(assembler.drain() == [])
    assembler.feed(sound[1], stream: 1)
    #expect(assembler.drain() == [])
    assembler.feed(sound[2], stream: 1)
    #expect(assembler.drain() == ["20: sound 10..29.94 (0)"])
  }

  @Test("of pictures the nearest within the tolerance is taken, of two as near the earlier")
  func nearest() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .elements(stream: 0), members: [.picture(stream: 1)], tolerance: .milliseconds(10))
    #expect(
      moments(configuration, ["t100:a t200:b t300:c t400:d t500:e end", "v95 v103 v190 v210 v311 v389 v480 end"]) == [
        "100: picture 103 (3)", "200: picture 190 (-10)", "300: no picture", "400: no picture", "500: no picture",
      ])
  }

  @Test("a stream that ends or is silent holds nothing up")
  func silent() {
    let configuration = MomentConfiguration(streamCount: 4, tick: .elements(stream: 0), members: everything)
    let assembler = MomentAssembler(configuration)
    let timeline = Timeline(["v0 v40 v80", "a0+45 end", "b200", "end"])
    var lines: [String] = []
    for stream in [0, 3, 2, 1] {
      for step in timeline.streams[stream] {
        assembler.feed(step, stream: stream)
        lines += assembler.drain()
      }
    }
    #expect(
      lines == [
        "0: sound lacks 480, no text, no reading", "40: sound 10..39.94 (0), no text, no reading",
        "80: sound lacks 480, no text, no reading",
      ])
  }

  @Test("sound that ends a little early is taken from where it ends, with its skew")
  func slides() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .elements(stream: 0),
      members: [.sound(stream: 1, sampleRate: 16_000, samples: 480, offset: .zero)])
    #expect(
      moments(configuration, ["v40 v80 v110 v111 end", "a0+90 end"]) == [
        "40: sound 10..39.94 (0)", "80: sound 50..79.94 (0)", "110: sound 60..89.94 (-20)", "111: sound lacks 336",
      ])
  }

  @Test("a window is never put together across a gap")
  func gaps() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .elements(stream: 0),
      members: [.sound(stream: 1, sampleRate: 16_000, samples: 160, offset: .zero)])
    #expect(
      moments(configuration, ["v20 v45 v60 v64 v75 end", "a0+40 g40+22 a62+40 end"]) == [
        "20: sound 10..19.94 (0)", "45: sound 30..39.94 (-5)", "60: sound 30..39.94 (-20)", "64: sound lacks 128",
        "75: sound 65..74.94 (0)",
      ])
  }

  @Test("when the wait is over the late member is missing and the others are there")
  func deadline() {
    let configuration = MomentConfiguration(streamCount: 4, tick: .elements(stream: 0), members: everything)
    let assembler = MomentAssembler(configuration)
    let timeline = Timeline(["v40 v80", "a0+100", "t10:x b30", "s0=1 b100"])
    for stream in [1, 2, 3] { for step in timeline.streams[stream] { assembler.feed(step, stream: stream) } }
    for (index, step) in timeline.streams[0].enumerated() {
      assembler.feed(step, stream: 0, deadline: HostTime(nanoseconds: Int64(1000 + index)))
    }
    #expect(assembler.nextDeadline == HostTime(nanoseconds: 1000))
    #expect(assembler.drain(now: HostTime(nanoseconds: 999)) == [])
    #expect(
      assembler.drain(now: HostTime(nanoseconds: 1000)) == [
        "40: late sound 10..39.94 (0), text missing, reading 1 for 40"
      ])
    assembler.advance(stream: 2, bound: Timeline.time(81))
    #expect(
      assembler.drain(now: HostTime(nanoseconds: 1000)) == ["80: sound 50..79.94 (0), 'x' for 70, no reading"])
    #expect(assembler.nextDeadline == nil)
  }

  @Test("hops tick without any stream's help, and end with the streams")
  func hops() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .hop(.milliseconds(30), first: Timeline.time(10)),
      members: [.sound(stream: 0, sampleRate: 16_000, samples: 160, offset: .zero), .picture(stream: 1)])
    #expect(
      moments(configuration, ["a0+50 a50+30 end", "v8 v41 v75 end"]) == [
        "10: sound 0..9.94 (0), picture 8 (-2)", "40: sound 30..39.94 (0), picture 41 (1)",
        "70: sound 60..69.94 (0), picture 75 (5)",
      ])
    let live = MomentAssembler(
      MomentConfiguration(
        streamCount: 1, tick: .hop(.milliseconds(30), first: .zero), members: [.picture(stream: 0)],
        hopDeadlineOrigin: HostTime(nanoseconds: 7)))
    #expect(live.nextDeadline == HostTime(nanoseconds: 7))
    #expect(live.drain(now: HostTime(nanoseconds: 30_000_007)) == ["0: late no picture", "30: late no picture"])
  }

  @Test("time that goes back in a new epoch stalls nothing")
  func back() {
    let configuration = MomentConfiguration(
      streamCount: 2, tick: .elements(stream: 0),
      members: [.sound(stream: 1, sampleRate: 16_000, samples: 160, offset: .zero)])
    #expect(
      moments(configuration, ["v40 g50+-45 v20 v60 end", "a0+50 g50+-45 a5+100 end"], reversed: true) == [
        "40: sound 30..39.94 (0)", "20: sound 10..19.94 (0)", "60: sound 50..59.94 (0)",
      ])
  }

  @Test("what does not fit is counted, and nothing grows")
  func bounded() {
    let assembler = MomentAssembler(
      MomentConfiguration(
        streamCount: 4, tick: .elements(stream: 0), members: everything, reach: .milliseconds(100), elementCapacity: 2,
        tickCapacity: 3))
    let timeline = Timeline(["v0 v1 v2 v3 v4", "a0+100 a100+50", "t5:a t6:b t7:c", "end"])
    for (stream, steps) in timeline.streams.enumerated() {
      for step in steps { assembler.feed(step, stream: stream) }
    }
    #expect(assembler.droppedTicks == 2)
    #expect(assembler.droppedElements == 1)
    // 130 ms fit; of the 20 ms that went all are later than the 30 ms before the tick at 2.
    #expect(assembler.droppedSamples == 320)
  }

  @Test("sound at a rate that nobody takes is counted")
  func otherRate() {
    let assembler = MomentAssembler(
      MomentConfiguration(streamCount: 4, tick: .elements(stream: 0), members: everything))
    let samples: [Float] = [1, 2]
    assembler.feed(samples.span, sampleRate: 8000, time: .zero, epoch: 0, stream: 1)
    assembler.feed(samples.span, sampleRate: 8000, time: .zero, epoch: 0, stream: 99)
    #expect(assembler.refusedBlocks == 1)
  }

  @Test("times that drift from the nominal rate are followed")
  func drift() {
    let assembler = MomentAssembler(
      MomentConfiguration(
        streamCount: 2, tick: .elements(stream: 0),
        members: [.sound(stream: 1, sampleRate: 16_000, samples: 16, offset: .zero)]))
    // The device is 1000 ppm slow: 160 samples take 10.01 ms.
    for block in 0..<3000 {
      let samples = (0..<160).map { Float(block * 160 + $0) }
      assembler.feed(
        samples.span, sampleRate: 16_000, time: MediaTime(nanoseconds: Int64(block) * 10_010_000), epoch: 0, stream: 1)
    }
    for step in Timeline(["v28028"]).streams[0] { assembler.feed(step, stream: 0) }
    #expect(assembler.next(now: HostTime(nanoseconds: 0))?.index == 0)
    // 28.028 s in are 28.0 s of samples.
    let last = assembler.withSamples(ofMember: 0) { $0[15] }
    #expect(abs(last - 447_999) <= 1)
    #expect((assembler.members[0].skew ?? .unlimited).magnitude <= .milliseconds(1))
  }

  @Test("the moments do not depend on how the streams were interleaved")
  func interleaving() {
    var generator = SeededGenerator.printed()
    for _ in 0..<60 {
      let timeline = randomTimeline(&generator)
      let hop = Bool.random(using: &generator)
      let members =
        everything + [
          .picture(stream: 0), .sound(stream: 1, sampleRate: 16_000, samples: 100, offset: .milliseconds(7)),
        ]
      let configuration = MomentConfiguration(
        streamCount: 4, tick: hop ? .hop(.milliseconds(33), first: .zero) : .elements(stream: 0), members: members,
        elementCapacity: 500, tickCapacity: 500)
      var first: [String]?
      for _ in 0..<4 {
        let assembler = MomentAssembler(configuration)
        var remaining = timeline.streams.map { $0[...] }
        var lines: [String] = []
        while let stream = remaining.indices.filter({ !remaining[$0].isEmpty }).randomElement(using: &generator) {
          for _ in 0..<Int.random(in: 1...30, using: &generator) {
            guard let step = remaining[stream].popFirst() else { break }
            assembler.feed(step, stream: stream)
            if Bool.random(using: &generator) { lines += assembler.drain() }
          }
        }
        lines += assembler.drain()
        #expect(assembler.droppedTicks + assembler.droppedElements + assembler.droppedSamples == 0)
        #expect(!lines.isEmpty)
        let different = zip(first ?? lines, lines).first { $0 != $1 }
        #expect(different == nil, "\(different.map { "\($0.0) | \($0.1)" } ?? "")")
        #expect((first ?? lines).count == lines.count)
        first = lines
      }
    }
  }

  private func randomTimeline(_ generator: inout SeededGenerator) -> Timeline {
    func times(_ count: Int, _ step: ClosedRange<Int>) -> [Int] {
      var time = Int.random(in: 0...50, using: &generator)
      return (0..<count).map { _ in
        time += Int.random(in: step, using: &generator)
        return time
      }
    }
    var sound: [String] = []
    var time = Int.random(in: 0...50, using: &generator)
    for _ in 0..<40 {
      let length = Int.random(in: 1...40, using: &generator)
      if Int.random(in: 0..<8, using: &generator) == 0 {
        sound.append("g\(time)+\(length)")
      } else {
        sound.append("a\(time)+\(length)")
      }
      time += length
    }
    return Timeline([
      times(20, 1...60).map { "v\($0)" }.joined(separator: " ") + " end",
      sound.joined(separator: " ") + " end",
      times(8, 0...200).map { "t\($0)+50:x\($0)" }.joined(separator: " ") + " end",
      times(30, 0...50).map { "s\($0)=\($0)" }.joined(separator: " ") + " end",
    ])
  }
}
