/// What streams there are in a run, and what is to be answered to them.
enum ChaosWorld {
    /// Each stream is asked for once, and recorded.
    static let recorded = "record.example.com"
    /// Each stream is asked for once, and not recorded.
    static let skipped = "skip.example.com"
    /// Each stream is asked for again and again, and a half of them is recorded.
    static let shared = "share.example.com"
    /// Each stream is asked for again and again, and there are places for ``places``.
    static let limited = "limit.example.com"

    /// How many streams of ``limited`` may be recorded.
    static let places = 10
    /// How many streams there are of those that are asked for again and again.
    static let repeatedStreams = 40

    /// What has no decision in time is answered so.
    static let fallback = #"{"ApiVersion":"1.0","NeedRecord":false}"#
    /// What is recorded is answered so.
    static let record = #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#

    /// The bodies that a decision can have.
    static func bodies(_ domain: String) -> Set<String> {
        switch domain {
        case recorded: [record]
        case skipped: [fallback]
        default: [record, fallback]
        }
    }

    /// Writes the rules.
    static func write(to deployment: Deployment) async throws {
        let answer = ["--record", "--format", "mp4", "--interval", "mp4=300"]
        func add(_ domain: String, _ arguments: [String]) async throws {
            try await deployment.run(["rules", "add", "--domain", domain] + arguments)
        }
        try await deployment.run([
            "quotas", "set", "places", "--scope", "domain", "--concurrent", String(places), "--expiry", "24h",
        ])
        try await add(recorded, answer)
        try await add(skipped, ["--skip"])
        try await add(shared, answer + ["--percentage", "50"])
        try await add(limited, answer + ["--quota", "places"])
    }
}
