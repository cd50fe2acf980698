import BraidCore
import BraidInference
import BraidMedia
import BraidTestSupport
import Testing

@testable import BraidPipeline

@Suite("How pictures are fitted")
struct PictureFitTests {
  private func fit(
    _ kind: ModelDescription.Picture.Fit, _ width: Int, _ height: Int, anchor: ModelDescription.Picture.Anchor = .centre
  ) -> PictureFit {
    var picture = ModelDescription.Picture(width: width, height: height, colour: .bgr, layout: .nchw)
    (picture.fit, picture.anchor, picture.pad) = (kind, anchor, [1, 2, 3])
    return PictureFit(picture)
  }

  @Test(
    "contain lies where Ultralytics' letterbox has it",
    // Width and height of the picture and of the model; then left, top, width and height as `LetterBox` of ultralytics 8
    // computes them with auto=False: ratio = min(H/h, W/w), round(w·ratio), round((W - width)/2 - 0.1).
    arguments: [
      (1920, 1080, 640, 640, 0, 140, 640, 360), (1280, 720, 640, 640, 0, 140, 640, 360),
      (810, 1080, 640, 640, 80, 0, 480, 640), (640, 480, 320, 240, 0, 0, 320, 240),
      (333, 500, 224, 224, 37, 0, 149, 224),
      (500, 333, 224, 224, 0, 37, 224, 149), (7, 3, 64, 64, 0, 18, 64, 27), (1919, 1079, 416, 416, 0, 91, 416, 234),
      (720, 1280, 640, 384, 212, 0, 216, 384),
    ] as [(Int, Int, Int, Int, Int, Int, Int, Int)])
  func letterbox(
    _ width: Int, _ height: Int, _ modelWidth: Int, _ modelHeight: Int, _ left: Int, _ top: Int, _ across: Int,
    _ down: Int
  ) {
    let layout = fit(.contain, modelWidth, modelHeight).layout(of: nil, in: width, height)
    #expect(layout == .init(source: nil, target: PictureRegion(x: left, y: top, width: across, height: down)))
    let corner = fit(.contain, modelWidth, modelHeight, anchor: .corner).layout(of: nil, in: width, height)
    #expect(corner.target == PictureRegion(x: 0, y: 0, width: across, height: down))
  }

  @Test("a point of the picture is found again from where it lies in the model's input, whatever the sizes")
  func points() {
    var generator = SeededGenerator.printed()
    for _ in 0..<2000 {
      let size = (Int.random(in: 1...4000, using: &generator), Int.random(in: 1...4000, using: &generator))
      let model = (Int.random(in: 1...640, using: &generator), Int.random(in: 1...640, using: &generator))
      let kind = ModelDescription.Picture.Fit.allCases.randomElement(using: &generator) ?? .stretch
      let fit = fit(kind, model.0, model.1, anchor: Bool.random(using: &generator) ? .centre : .corner)
      let layout = fit.layout(of: nil, in: size.0, size.1)
      let source = layout.source ?? PictureRegion(x: 0, y: 0, width: size.0, height: size.1)
      #expect(source.x >= 0 && source.y >= 0 && source.width > 0 && source.height > 0)
      #expect(source.x + source.width <= size.0 && source.y + source.height <= size.1)
      let target = layout.target
      #expect(
        target.x >= 0 && target.y >= 0 && target.x + target.width <= model.0 && target.y + target.height <= model.1)
      if kind != .contain { #expect(target.width == model.0 && target.height == model.1) }
      if kind != .cover { #expect(source.width == size.0 && source.height == size.1) }
      // A point of the source in pixels, forward by the layout alone, and back by the placement.
      let (u, v) = (Double.random(in: 0...1, using: &generator), Double.random(in: 0...1, using: &generator))
      let inModel = (
        (Double(target.x) + u * Double(target.width)) / Double(model.0),
        (Double(target.y) + v * Double(target.height)) / Double(model.1)
      )
      let place = fit.placement(of: nil, in: size.0, size.1)
      let back = (
        Double(place.x) + inModel.0 * Double(place.width), Double(place.y) + inModel.1 * Double(place.height)
      )
      let expected = (
        (Double(source.x) + u * Double(source.width)) / Double(size.0),
        (Double(source.y) + v * Double(source.height)) / Double(size.1)
      )
      let tolerance = 1e-4 * max(1, Double(place.width), Double(place.height))
      #expect(abs(back.0 - expected.0) < tolerance && abs(back.1 - expected.1) < tolerance)
    }
  }

  @Test("cover is the middle, of a region the region's; stretch is the whole or the region")
  func cover() {
    #expect(
      fit(.cover, 224, 224).layout(of: nil, in: 1920, 1080).source
        == PictureRegion(x: 420, y: 0, width: 1080, height: 1080))
    #expect(fit(.cover, 224, 224).layout(of: nil, in: 500, 500).source == nil)
    #expect(
      fit(.cover, 320, 240).layout(of: nil, in: 480, 640).source == PictureRegion(x: 0, y: 140, width: 480, height: 360)
    )
    let region = PictureRegion(x: 10, y: 20, width: 100, height: 50)
    #expect(
      fit(.cover, 32, 32).layout(of: region, in: 640, 480).source == PictureRegion(x: 34, y: 20, width: 50, height: 50))
    #expect(fit(.stretch, 32, 32).layout(of: region, in: 640, 480).source == region)
    #expect(
      fit(.contain, 32, 32).layout(of: region, in: 640, 480).target == PictureRegion(x: 0, y: 8, width: 32, height: 16))
    #expect(fit(.stretch, 32, 32).placement(of: nil, in: 640, 480) == .whole)
    // As red, green, blue, from blue, green, red.
    #expect(fit(.contain, 1, 1).pad == [3, 2, 1])
  }

  @Test("boxes are held to the picture, and those beside it are left out")
  func boxes() {
    let place = fit(.contain, 16, 16).placement(of: nil, in: 160, 120)
    func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float) -> ModelOutput.Detection {
      ModelOutput.Detection(label: "a", score: 1, x: x, y: y, width: width, height: height)
    }
    let found =
      place.placed(.detections([box(0.25, 0.25, 0.5, 0.5), box(0, 0, 1, 1), box(0, 0, 1, 0.125)])).detections ?? []
    #expect(found.count == 2)
    // 12 of 16 rows are the picture's, from the third on.
    for (value, expected) in zip(
      [found[0].x, found[0].y, found[0].width, found[0].height], [0.25, 2.0 / 12, 0.5, 8.0 / 12] as [Float])
    { #expect(abs(value - expected) < 1e-6) }
    #expect(found[1] == box(0, 0, 1, 1))
    #expect(PicturePlacement.whole.placed(.none).detections == nil)
  }
}
