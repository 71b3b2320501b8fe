import NIOConcurrencyHelpers
import PlatformSimulator
import TestSupport

/// Callbacks of one domain to one gateway, over the platform's way to it.
final class ChaosLoad: Sendable {
    private let decided = NIOLockedValueBox(0)
    private let run: Task<LoadReport, any Error>

    /// Begins to send.
    ///
    /// - Parameter streams: How many there are; they are asked for in turn.
    init(
        domain: String,
        streams: Int,
        rate: Double,
        to member: Member,
        of installation: ChaosInstallation,
        _ recorder: ChaosRecorder
    ) throws {
        let link = try installation.link(Way(member: member, end: .platform))
        // Streams that are asked for once have other names at the other gateway.
        let name = streams > ChaosWorld.repeatedStreams ? member.rawValue : "stream"
        var plan = LoadPlan(
            target: try PlatformTarget(url: "http://127.0.0.1:\(link.port)/"),
            question: CallbackQuestion(app: "live", domain: domain, stream: name)
        )
        plan.streams = streams
        plan.rate = rate
        // Enough for all that wait at once, or callbacks would wait in here for a free one.
        plan.connections = Int((rate * (plan.timeout / .seconds(1) + 1)).rounded(.up))
        let timeout = plan.timeout
        let decided = decided
        run = Task { [plan] in
            try await plan.run(logger: ProductDatabase.logger) { question, result in
                recorder.note(question, to: member, result, timeout: timeout)
                if case .success(let answer) = result, answer.verdict == .record {
                    decided.withLockedValue { $0 += 1 }
                }
            }
        }
    }

    deinit {
        run.cancel()
    }

    /// How many answers were to record, so far.
    var recordCount: Int { decided.withLockedValue { $0 } }

    /// Sends no more. What is under way at this moment gets no answer and counts as `cancelled`.
    func stop() async throws {
        run.cancel()
        _ = try await run.value
    }
}
