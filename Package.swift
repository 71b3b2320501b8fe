// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is compiled with. Each line links the proposal that explains it.
let swiftSettings: [SwiftSetting] = {
    var settings: [SwiftSetting] = [
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
        .enableUpcomingFeature("ExistentialAny"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
        .enableUpcomingFeature("MemberImportVisibility"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
        .enableUpcomingFeature("InternalImportsByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0461-async-function-isolation.md
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0470-isolated-conformances.md
        .enableUpcomingFeature("InferIsolatedConformances"),
        // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0481-weak-let.md
        .enableUpcomingFeature("ImmutableWeakCaptures"),
        // A misspelled feature name is otherwise ignored in silence.
        .treatWarning("StrictLanguageFeatures", as: .error),
    ]
    // Set by `make test`: a newer compiler's new warnings must not stop somebody who only wants to run the service.
    if Context.environment["NEEDRECORD_WARNINGS_AS_ERRORS"] == "1" {
        settings.append(.treatAllWarnings(as: .error))
    }
    return settings
}()

/// The modules that touch C, where every unsafe expression is marked.
/// https://github.com/swiftlang/swift-evolution/blob/main/proposals/0458-strict-memory-safety.md
let bridgeSettings = swiftSettings + [.strictMemorySafety()]

/// lld links the executable in a quarter of the time that the default linker takes.
let fastLink: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let dequeModule: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let histogram: Target.Dependency = .product(name: "Histogram", package: "hdrhistogram-swift")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let locks: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let orderedCollections: Target.Dependency = .product(name: "OrderedCollections", package: "swift-collections")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let tracing: Target.Dependency = .product(name: "Tracing", package: "swift-distributed-tracing")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")

let package = Package(
    name: "needrecord",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "needrecord", targets: ["needrecord"]),
        // For benchmarks and fuzzing, which are packages of their own.
        .library(
            name: "NeedRecordModules",
            targets: [
                "AMQP", "BusinessState", "CallbackGateway", "DecisionCore", "OutcomeJournal", "Postgres", "RuleFiles",
                "Wire",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        // The C libraries: module maps and shims, nothing else.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLibRabbitMQ", pkgConfig: "librabbitmq", providers: [.apt(["librabbitmq-dev"])]),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),

        // The clients, and the journal: they know nothing of the product.
        .target(name: "EventThread", dependencies: ["CLinux", locks], swiftSettings: bridgeSettings),
        .target(
            name: "AMQP",
            dependencies: ["CLibRabbitMQ", "EventThread", dequeModule, locks, logging],
            swiftSettings: bridgeSettings
        ),
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", "EventThread", dequeModule, locks, logging],
            swiftSettings: bridgeSettings
        ),
        .target(
            name: "OutcomeJournal",
            dependencies: ["EventThread", dequeModule, locks],
            swiftSettings: swiftSettings
        ),

        // Metrics and traces, for all parts.
        .target(
            name: "Observability",
            dependencies: [
                asyncHTTPClient, dequeModule, locks, logging, metrics, nioCore, nioHTTP1, serviceLifecycle, tracing,
            ],
            swiftSettings: swiftSettings
        ),

        // The domain and the contract between the parts.
        .target(name: "DecisionCore", swiftSettings: swiftSettings),
        .target(
            name: "Wire",
            dependencies: ["AMQP", "DecisionCore", "Observability", locks],
            swiftSettings: swiftSettings
        ),
        .target(name: "RuleFiles", dependencies: ["DecisionCore", yams], swiftSettings: swiftSettings),
        .target(
            name: "BusinessState",
            dependencies: ["DecisionCore", "Postgres", logging],
            swiftSettings: swiftSettings
        ),

        .target(
            name: "StreamReading",
            dependencies: ["AMQP", "DecisionCore", locks],
            swiftSettings: swiftSettings
        ),

        // The parts. They do not import one another.
        .target(
            name: "ReplyCorrelator",
            dependencies: ["AMQP", "DecisionCore", "Wire", dequeModule, locks, logging],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "CallbackGateway",
            dependencies: [
                "AMQP", "DecisionCore", "Observability", "OutcomeJournal", "Wire", crypto, dequeModule, hummingbirdCore,
                locks, logging, metrics, nioCore, nioHTTP1, nioPosix, nioSSL, serviceLifecycle, tracing, yams,
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "DecisionWorker",
            dependencies: [
                "AMQP", "BusinessState", "DecisionCore", "Observability", "Postgres", "Wire", dequeModule, locks,
                logging,
                metrics, orderedCollections, serviceLifecycle, tracing,
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AuditTrail",
            dependencies: [
                "AMQP", "BusinessState", "DecisionCore", "Observability", "Postgres", "StreamReading", "Wire", locks,
                logging, metrics, serviceLifecycle,
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "EventReplay",
            dependencies: [
                "AMQP", "BusinessState", "DecisionCore", "Postgres", "StreamReading", "Wire", locks, logging,
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "PlatformSimulator",
            dependencies: [crypto, histogram, logging, nioCore, nioHTTP1, nioPosix],
            swiftSettings: swiftSettings
        ),

        .executableTarget(
            name: "needrecord",
            dependencies: [
                "AMQP", "AuditTrail", "BusinessState", "CallbackGateway", "DecisionCore", "DecisionWorker",
                "EventReplay", "Observability", "OutcomeJournal", "PlatformSimulator", "Postgres", "ReplyCorrelator",
                "RuleFiles", "StreamReading", "Wire", argumentParser, asyncHTTPClient, configuration, httpTypes,
                hummingbirdCore, logging, nioCore, nioHTTP1, nioPosix, serviceLifecycle, systemPackage, tracing,
                unixSignals, yams,
            ],
            swiftSettings: swiftSettings,
            linkerSettings: fastLink
        ),

        // The clients are tested without the product.
        .testTarget(name: "EventThreadTests", dependencies: ["EventThread"], swiftSettings: swiftSettings),
        .testTarget(
            name: "AMQPTests",
            dependencies: ["AMQP", "EventThread", locks, logging],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "PostgresTests", dependencies: ["Postgres", locks, logging], swiftSettings: swiftSettings),
        .testTarget(
            name: "OutcomeJournalTests",
            dependencies: ["OutcomeJournal", locks],
            swiftSettings: swiftSettings
        ),

        .target(
            name: "TestSupport",
            dependencies: [
                "AMQP", "BusinessState", "Postgres", "Wire", dequeModule, locks, logging, nioCore, nioHTTP1, nioPosix,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ObservabilityTests",
            dependencies: [
                "Observability", "TestSupport", locks, logging, metrics, nioCore, nioPosix, serviceLifecycle, tracing,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "DecisionCoreTests", dependencies: ["DecisionCore"], swiftSettings: swiftSettings),
        .testTarget(
            name: "WireTests",
            dependencies: ["AMQP", "DecisionCore", "TestSupport", "Wire"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "StreamReadingTests",
            dependencies: ["AMQP", "DecisionCore", "StreamReading", "TestSupport", "Wire", locks],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "BusinessStateTests",
            dependencies: ["BusinessState", "DecisionCore", "Postgres", "RuleFiles", "TestSupport"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ReplyCorrelatorTests",
            dependencies: ["AMQP", "DecisionCore", "ReplyCorrelator", "TestSupport", "Wire", locks],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "CallbackGatewayTests",
            dependencies: [
                "AMQP", "CallbackGateway", "DecisionCore", "OutcomeJournal", "ReplyCorrelator", "TestSupport", "Wire",
                locks, logging, nioCore, nioEmbedded, nioHTTP1, nioPosix, nioSSL, serviceLifecycle,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "DecisionWorkerTests",
            dependencies: [
                "AMQP", "BusinessState", "DecisionCore", "DecisionWorker", "Postgres", "TestSupport", "Wire", locks,
                logging,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "AuditTrailTests",
            dependencies: [
                "AMQP", "AuditTrail", "BusinessState", "DecisionCore", "Postgres", "StreamReading", "TestSupport",
                "Wire", locks, logging, serviceLifecycle,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "EventReplayTests",
            dependencies: [
                "AMQP", "BusinessState", "DecisionCore", "EventReplay", "Postgres", "TestSupport", "Wire", locks,
                logging,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "RuleFilesTests", dependencies: ["DecisionCore", "RuleFiles"], swiftSettings: swiftSettings),
        .testTarget(
            name: "PlatformSimulatorTests",
            dependencies: ["PlatformSimulator", locks, logging, nioCore, nioPosix],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "NeedRecordTests",
            dependencies: [
                "AMQP", "CallbackGateway", "DecisionCore", "DecisionWorker", "OutcomeJournal", "Postgres",
                "TestSupport",
                "Wire", "needrecord", argumentParser, locks, logging,
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "AMQP", "DecisionCore", "PlatformSimulator", "Postgres", "StreamReading", "TestSupport", "Wire", locks,
                logging, nioCore, nioPosix,
            ],
            exclude: ["Chaos/unsteady-clock.c", "Support/exit-watch.c"],
            swiftSettings: swiftSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
