// Times the features of pictures on decoded frames, scaling included, for pictures.py.
//
//   braid-picture-times FRAMES.yuv WIDTH HEIGHT ROUNDS      8-bit 4:2:0 planes (I420), studio range, one frame behind the other
//   out: `NAME MILLISECONDS` for scaling, for each feature and for all together: the median of the rounds' means a frame
import BraidCore
import BraidFeatures
import BraidMedia
import Foundation

let (width, height) = (320, 180)

/// Keeps the file's bytes for the frames that point into them.
final class Owner {
  let bytes: UnsafeMutablePointer<UInt8>
  let count: Int

  init(_ data: Data) {
    count = data.count
    bytes = .allocate(capacity: max(1, data.count))
    data.copyBytes(to: bytes, count: data.count)
  }

  deinit { bytes.deallocate() }
}

func frames(_ owner: Owner, _ width: Int, _ height: Int) -> [VideoFrame] {
  let (luma, chroma) = (width * height, (width / 2) * (height / 2))
  let size = luma + 2 * chroma
  // AV_PIX_FMT_YUV420P is 0 in every version of FFmpeg.
  let format = PixelFormat(name: "yuv420p", code: 0, planeCount: 3, hasByteLumaPlane: true, isFullRange: false)
  return (0..<owner.count / size).map { index in
    let base = UnsafeRawPointer(owner.bytes + index * size)
    return VideoFrame(
      time: .zero + .milliseconds(Int64(index) * 40), duration: .milliseconds(40), captured: nil, epoch: 0,
      width: width,
      height: height, format: format, colorSpace: 1,
      planes: (
        .init(base: base, stride: width), .init(base: base + luma, stride: width / 2),
        .init(base: base + luma + chroma, stride: width / 2), .none
      ), byteCount: size, owner: owner)
  }
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

let arguments = CommandLine.arguments
guard arguments.count == 5, let data = FileManager.default.contents(atPath: arguments[1]),
  let across = Int(arguments[2]),
  let down = Int(arguments[3]), let rounds = Int(arguments[4]), rounds > 0
else {
  print("usage: braid-picture-times FRAMES.yuv WIDTH HEIGHT ROUNDS")
  exit(2)
}
let clip = frames(Owner(data), across, down)
guard clip.count > 1 else {
  print("error: the file has fewer than two frames of \(across)x\(down)")
  exit(2)
}
let definitions = FeatureCatalog.definitions.filter { $0.source == .picture }
let features = try definitions.map { try FeatureSelection($0, onStreams: true).pictureFeature() }
let format = PictureFormat(width: width, height: height, matrix: .bt709)
var scaler = try PictureScaler(width: width, height: height, layout: .planar)
var planes = [UInt8](repeating: 0, count: 3 * width * height)
var scaling: [Double] = []
var all: [Double] = []
var each = [[Double]](repeating: [], count: features.count)
var sum: Float = 0
for _ in 0..<rounds {
  var times = [Duration](repeating: .zero, count: features.count + 1)
  let clock = ContinuousClock()
  for frame in clip {
    var last = clock.now
    var destination = planes.mutableSpan
    try scaler.scale(frame, into: &destination)
    var now = clock.now
    times[0] += now - last
    for (index, feature) in features.enumerated() {
      last = now
      feature.push(planes.span, format: format, time: frame.time) { sum += $0[0] }
      now = clock.now
      times[index + 1] += now - last
    }
  }
  let means = times.map { milliseconds($0) / Double(clip.count) }
  scaling.append(means[0])
  for index in features.indices { each[index].append(means[index + 1]) }
  all.append(means.reduce(0, +))
  for feature in features { feature.reset() }
}
guard sum.isFinite else {
  print("error: rows are not finite")
  exit(1)
}
print("scaling \(median(scaling))")
for (definition, times) in zip(definitions, each) { print("\(definition.name) \(median(times))") }
print("all \(median(all))")
