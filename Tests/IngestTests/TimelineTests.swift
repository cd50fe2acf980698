import BraidCore
import BraidIngest
import BraidTestSupport
import Foundation
import Testing

@Suite("Time of inputs", .timeLimit(.minutes(3)))
struct TimelineTests {
  private func expectStamps(_ path: String, _ options: InputOptions = InputOptions()) throws -> Session {
    let session = try Session.run(path, options)
    let video = try #require(session.selected(.video))
    let timeBase = session.description.streams[video].timeBase
    let expected = try Tool.frames(path, stream: video).map { $0.stamp.map(timeBase.nanoseconds) }
    let origin = session.description.origin.nanoseconds
    let times = session.frames(video).map { $0.time.nanoseconds + origin }
    try #require(times.count == expected.count)
    for (time, stamp) in zip(times, expected) where stamp != nil { #expect(time == stamp) }
    #expect(session.counters[video]?.stampsMissing == expected.count { $0 == nil })
    #expect(session.counters[video]?.frames == (try Tool.frameCount(path, stream: video)))
    return session
  }

  @Test(
    "B-frames, edit lists, offsets and variable rates keep FFmpeg's stamps",
    arguments: [
      ["-c:v", "libx264", "-bf", "3", "-b_strategy", "0", "b.mp4"],
      ["-c:v", "libx264", "-bf", "2", "-output_ts_offset", "7.77", "offset.mp4"],
      ["-c:v", "libx264", "-bf", "2", "-output_ts_offset", "-0.5", "negative.mkv"],
      ["-vf", "select='not(mod(n,3))+eq(mod(n,7),1)'", "-fps_mode", "vfr", "-c:v", "libx264", "vfr.mp4"],
      ["-c:v", "mpeg2video", "-bf", "2", "b.ts"], ["-c:v", "libx265", "-x265-params", "log-level=none", "hevc.mkv"],
      ["-c:v", "libvpx-vp9", "-deadline", "realtime", "vp9.webm"], ["-c:v", "mpeg4", "-bf", "2", "packed.avi"],
      ["-c:v", "gif", "pictures.gif"], ["-c:v", "ffv1", "-pix_fmt", "yuv420p10le", "ten.mkv"],
      ["raw.y4m"], ["-c:v", "libtheora", "t.ogv"], ["-c:v", "flv1", "old.flv"],
    ])
  func stamps(_ arguments: [String]) throws {
    let scratch = try Scratch()
    let path = scratch.path(arguments.last ?? "")
    try Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=s=162x122:r=30000/1001:d=2", "-pix_fmt",
        "yuv420p",
      ]
        + arguments.dropLast() + [path])
    _ = try expectStamps(path)
  }

  @Test("A file cut by an edit list begins where the list says, in sound and in picture")
  func editList() throws {
    let scratch = try Scratch()
    let (whole, part) = (scratch.path("whole.mp4"), scratch.path("part.mp4"))
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=6", "-f", "lavfi", "-i", "sine=r=48000:d=6", "-c:v", "libx264",
      "-g",
      "50", "-c:a", "aac", whole)
    try Tool.ffmpeg("-ss", "2.7", "-i", whole, "-c", "copy", part)
    let session = try expectStamps(part)
    let audio = try #require(session.selected(.audio))
    let frames = try Tool.frames(part, stream: audio)
    #expect(session.counters[audio]?.samples == frames.reduce(0) { $0 + $1.samples })
  }

  @Test("Stamps of 33 bits that wrap three times go on without end")
  func wraps() throws {
    let scratch = try Scratch()
    let path = scratch.path("days.ts")
    // A picture an hour for four days; the counter wraps every 26.5 hours.
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=3.84", "-vf", "settb=1/90000,setpts=N*324000000", "-fps_mode",
      "passthrough", "-enc_time_base", "1:90000", "-c:v", "libx264", "-bf", "0", "-g", "1", "-muxdelay", "0", path)
    let times = try Session.run(path).frames(0).map(\.time)
    #expect(times.count == 96)
    for (one, next) in zip(times, times.dropFirst()) { #expect(next - one == .seconds(3600)) }
  }

  @Test("Stamps that start anew go on behind what came before, in picture and sound alike")
  func restart() throws {
    let scratch = try Scratch()
    let path = scratch.path("one.ts")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=4", "-f", "lavfi", "-i", "sine=r=48000:d=4", "-c:v", "mpeg2video",
      "-c:a", "mp2", path)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let session = try Session.run(try scratch.write("twice.ts", bytes + bytes))
    let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
    #expect(session.frames(video).count >= 198)
    let end = try #require(session.frames(video).last?.time)
    #expect((end - (.zero + .milliseconds(7960))).magnitude < .milliseconds(200))
    let lastSound = try #require(session.frames(audio).last)
    #expect((lastSound.time + lastSound.duration - end).magnitude < .milliseconds(300))
    for (one, next) in zip(session.frames(video), session.frames(video).dropFirst()) { #expect(one.time < next.time) }
  }

  @Test("A jump in the sound's stamps ends the run with a gap of its length and begins a new one")
  func soundGap() throws {
    let scratch = try Scratch()
    let path = scratch.path("hole.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "sine=r=16000:d=4:samples_per_frame=160", "-af", "aselect='not(between(t,1,1.4999))'",
      "-c:a",
      "pcm_s16le", path)
    let session = try Session.run(path)
    let gap = try #require(session.gaps(0).first)
    #expect(session.gaps(0).count == 1)
    #expect(gap.reason == .timestamps && gap.time == .zero + .seconds(1) && gap.duration == .milliseconds(500))
    #expect(gap.samples == 8000)
    #expect(session.frames(0).last?.epoch == 1)
    #expect(session.counters[0]?.samples == 56000)
  }

  @Test("start and duration cut picture by frame and sound by sample, and keep the input's times")
  func window() throws {
    let scratch = try Scratch()
    let path = scratch.path("long.mp4")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=8", "-f", "lavfi", "-i", "sine=r=16000:d=8", "-c:v", "libx264",
      "-g",
      "100", "-c:a", "aac", path)
    var options = InputOptions()
    let whole = try Session.run(path, options)
    options.start = .zero + .milliseconds(5010)
    options.duration = .milliseconds(1515)
    let part = try Session.run(path, options)
    let (video, audio) = (try #require(part.selected(.video)), try #require(part.selected(.audio)))
    let end = MediaTime.zero + .milliseconds(6525)
    let wanted = whole.frames(video).map(\.time).filter { $0 >= .zero + .milliseconds(5010) && $0 < end }
    #expect(part.frames(video).map(\.time) == wanted)
    #expect(part.frames(audio).first?.time == .zero + .milliseconds(5010))
    #expect(part.frames(audio).reduce(0) { $0 + $1.samples } == 24240)
    #expect(part.counters[audio]?.samples == 24240)
    #expect(part.gaps(audio).isEmpty)
  }

  @Test("keepsTime leaves the container's stamps as they are")
  func keepsTime() throws {
    let scratch = try Scratch()
    let path = scratch.path("offset.ts")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=1", "-c:v", "mpeg2video", "-output_ts_offset", "30", path)
    var options = InputOptions()
    #expect(try Session.run(path, options).frames(0).first?.time == .zero)
    options.keepsTime = true
    let session = try expectStamps(path, options)
    #expect(session.description.origin == .zero)
    #expect((session.frames(0).first?.time ?? .zero) > .zero + .seconds(30))
  }

  @Test("The probe shows every frame that a run gives")
  func probe() throws {
    let scratch = try Scratch()
    let path = scratch.path("movie.mkv")
    try Tool.ffmpeg(
      "-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=2", "-f", "lavfi", "-i", "sine=r=16000:d=2", "-c:v", "libx264",
      "-c:a", "pcm_s16le", path)
    var frames: [ProbedFrame] = []
    try MediaProbe.frames(path) { frames.append($0) }
    let session = try Session.run(path)
    let (video, audio) = (try #require(session.selected(.video)), try #require(session.selected(.audio)))
    #expect(frames.filter { $0.stream == video }.map(\.time) == session.frames(video).map(\.time))
    #expect(frames.filter { $0.stream == audio }.reduce(0) { $0 + $1.samples } == 32000)
    #expect(frames.filter { $0.stream == audio }.count == session.counters[audio]?.frames)
    #expect(frames.first { $0.stream == video }?.isKey == true)
  }
}
