import DecisionCore
import Foundation
import PlatformSimulator
import TestSupport
import Testing

extension ServiceProcess {
    /// Where the platform sends its callbacks.
    func target() async throws -> PlatformTarget {
        try PlatformTarget(url: "http://127.0.0.1:\(try await callbackPort())/")
    }

    /// Asks once, as the platform does.
    func ask(_ question: CallbackQuestion) async throws -> CallbackAnswer {
        try await PlatformClient(target: target()).ask(question, logger: ProductDatabase.logger)
    }

    /// The counters, once nothing waits for an answer any more, and each callback is counted to its end.
    func settledCounters() async throws -> GatewayTally {
        try await eventually("every callback to be answered") {
            try await status().counters["replies.pending"] == 0
        }
        var tally = GatewayTally([:])
        // An outcome is counted a moment after it is none of those that wait. What never adds up is for the test to say.
        try? await eventually("every outcome to be counted", within: .seconds(5)) {
            tally = GatewayTally(try await status().counters)
            return tally.isConserved
        }
        return tally
    }
}

/// The counters of a process that runs a gateway, or the sum of several.
struct GatewayTally {
    var received = 0
    var recorded = 0
    var skipped = 0
    /// By cause; only those that occurred.
    var fallbacks: [FallbackCause: Int] = [:]

    init(_ counters: [String: Int]) {
        received = counters["callbacks.received"] ?? 0
        recorded = counters["callbacks.recorded"] ?? 0
        skipped = counters["callbacks.skipped"] ?? 0
        for cause in FallbackCause.allCases {
            let count = counters["callbacks.fallback.\(cause.rawValue)"] ?? 0
            if count > 0 { fallbacks[cause] = count }
        }
    }

    /// Whether each callback that was received has exactly one outcome.
    var isConserved: Bool { received == recorded + skipped + fallbacks.values.reduce(0, +) }
}

extension CallbackAnswer {
    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension CallbackQuestion {
    /// The example of the platform's documentation.
    static let example = CallbackQuestion(app: "seq_all", domain: "demo.aliyundoc.com", stream: "ondemand8")
}

/// The answers that the platform's documentation has, byte for byte.
enum DocumentedAnswer {
    static let record = #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#
    static let doNotRecord = #"{"ApiVersion":"1.0","NeedRecord":false}"#
}
