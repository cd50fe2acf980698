// swift-tools-version: 6.2
import PackageDescription

// What benchmarks need of Swift, apart from the project so that users' builds gain nothing.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "braid", path: "..")],
  targets: [
    .target(name: "CBareTransforms", linkerSettings: [.linkedLibrary("fftw3f")]),
    .executableTarget(
      name: "braid-feature-times",
      dependencies: ["CBareTransforms", .product(name: "BraidFeatures", package: "braid")],
      path: "Sources/FeatureTimes", swiftSettings: [.swiftLanguageMode(.v6)]),
    .executableTarget(
      name: "braid-picture-times", dependencies: [.product(name: "Braid", package: "braid")],
      path: "Sources/PictureTimes", swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)
