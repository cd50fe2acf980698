// swift-tools-version: 6.2
import PackageDescription

/// `make test` sets BRAID_STRICT=1 and turns warnings into errors; a user's build with a newer compiler does not.
let strict = Context.environment["BRAID_STRICT"] == "1"

let settings: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .strictMemorySafety(),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

func module(_ name: String, folder: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(folder)", swiftSettings: settings)
}

func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/CSystem/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["BraidTestSupport"], path: "Tests/\(name)",
    exclude: exclude, swiftSettings: settings)
}

let package = Package(
  name: "braid",
  products: [
    .executable(name: "braid", targets: ["braid"]),
    .library(name: "BraidFeatures", targets: ["BraidFeatures"]),
    .library(
      name: "Braid",
      targets: [
        "BraidCore", "BraidMedia", "BraidIngest", "BraidSync", "BraidFeatures", "BraidInference", "BraidRender",
        "BraidPipeline",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", .upToNextMinor(from: "1.8.2")),
    .package(url: "https://github.com/apple/swift-protobuf", .upToNextMinor(from: "1.39.0")),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", .upToNextMinor(from: "0.2.0")),
    .package(url: "https://github.com/jpsim/Yams", .upToNextMinor(from: "6.2.2")),
  ],
  targets: [
    system("CFFmpeg", pkgConfig: "libavformat libavcodec libavutil", apt: "libavformat-dev"),
    system("CScale", pkgConfig: "libswscale libswresample libavutil", apt: "libswscale-dev"),
    system("CALSA", pkgConfig: "alsa", apt: "libasound2-dev"),
    system("CFFTW", pkgConfig: "fftw3f", apt: "libfftw3-dev"),
    system("COpenBLAS", pkgConfig: "openblas", apt: "libopenblas-dev"),
    system("COneDNN", apt: "libdnnl-dev"),
    system("CZip", pkgConfig: "libzip", apt: "libzip-dev"),
    system("CCairo", pkgConfig: "cairo", apt: "libcairo2-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    .target(name: "CPosix", path: "Sources/CSystem/CPosix"),
    .target(name: "CV4L2", path: "Sources/CSystem/CV4L2"),
    .target(name: "CKernels", path: "Sources/CKernels"),

    module(
      "BraidCore", folder: "Core",
      [
        "CPosix", .product(name: "Histogram", package: "hdrhistogram-swift"), .product(name: "Yams", package: "Yams"),
      ]),
    module("BraidMedia", folder: "Media", ["BraidCore", "CScale"]),
    module("BraidIngest", folder: "Ingest", ["BraidCore", "BraidMedia", "CFFmpeg", "CALSA", "CV4L2"]),
    module("BraidSync", folder: "Sync", ["BraidCore"]),
    module("BraidFeatures", folder: "Features", ["BraidCore", "CFFTW", "CKernels"]),
    // Generated code: it does not mark what is unsafe.
    .target(
      name: "BraidONNXFormat", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")],
      path: "Sources/ONNXFormat", exclude: ["onnx_subset.proto"], swiftSettings: [.swiftLanguageMode(.v6)]),
    module(
      "BraidInference", folder: "Inference",
      [
        "BraidCore", "BraidONNXFormat", "COneDNN", "COpenBLAS", "CZip", "CKernels",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]),
    module("BraidRender", folder: "Render", ["BraidCore", "BraidMedia", "CFFmpeg", "CCairo"]),
    module(
      "BraidPipeline", folder: "Pipeline",
      [
        "BraidCore", "BraidMedia", "BraidIngest", "BraidSync", "BraidFeatures", "BraidInference", "BraidRender",
        "CKernels", "CPosix", "CCurl",
      ]),
    .executableTarget(
      name: "braid",
      dependencies: [
        "BraidCore", "BraidFeatures", "BraidIngest", "BraidInference", "BraidMedia", "BraidPipeline", "CPosix",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/CLI", swiftSettings: settings),

    .target(
      name: "BraidTestSupport", dependencies: ["BraidCore"], path: "Tests/TestSupport", swiftSettings: settings),
    tests("CoreTests", ["BraidCore"]),
    tests("MediaTests", ["BraidMedia", "BraidCore"]),
    tests("IngestTests", ["BraidIngest", "BraidMedia", "BraidCore", "CFFmpeg"]),
    tests("SyncTests", ["BraidSync", "BraidCore"]),
    tests("FeaturesTests", ["BraidFeatures", "BraidMedia", "BraidCore", "CKernels"], exclude: ["Goldens"]),
    tests(
      "InferenceTests",
      [
        "BraidInference", "BraidONNXFormat", "BraidCore", "CKernels",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ], exclude: ["Layers", "Models", "Arrays", "Operators", "Quantization/Goldens", "goldens.json", "goldens.bin"]),
    tests(
      "PipelineTests",
      ["BraidPipeline", "BraidIngest", "BraidSync", "BraidFeatures", "BraidInference", "BraidMedia", "BraidCore"],
      exclude: ["Goldens"]),
    tests("CLITests", ["braid", "BraidInference", "BraidPipeline", "BraidCore"], exclude: ["Goldens"]),
  ]
)
