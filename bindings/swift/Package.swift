// swift-tools-version: 5.9
import PackageDescription

// `./generate.sh` makes Sources/Generated, `./xcframework.sh` makes NijaFFI.xcframework; neither is committed.
let package = Package(
    name: "Nija",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [
        .library(name: "Nija", targets: ["Nija"]),
    ],
    targets: [
        .binaryTarget(name: "NijaFFI", path: "NijaFFI.xcframework"),
        .target(name: "Nija", dependencies: ["NijaFFI"], path: "Sources", sources: ["Nija", "Generated"]),
        .testTarget(name: "NijaTests", dependencies: ["Nija"], path: "Tests/NijaTests"),
    ]
)
