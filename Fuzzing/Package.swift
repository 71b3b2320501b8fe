// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatWarning("StrictLanguageFeatures", as: .error),
]

let package = Package(
    name: "needrecord-fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "needrecord", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
    ],
    targets: [
        // Built with --sanitize=fuzzer, which brings a main function that calls LLVMFuzzerTestOneInput.
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                .product(name: "NeedRecordModules", package: "needrecord"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        )
    ],
    swiftLanguageModes: [.v6]
)
