import Foundation
import NIOConcurrencyHelpers
import PlatformSimulator

/// What was asked and answered in a run, and what was done to the installation meanwhile. Times are seconds since the
/// start, on the monotonic clock.
struct ChaosHistory: Codable, Sendable {
    /// What became of a question.
    struct Exchange: Codable, Sendable {
        /// When the answer was there, or it was clear that none would come.
        var ended: Double
        /// How long that took; for what has no answer, the longest that it can have taken.
        var elapsed: Double
        var gateway: Member
        var domain: String
        var stream: String
        /// The HTTP status, 0 without an answer.
        var status = 0
        var body = ""
        var eventID: String?
        /// Why the platform has no use for it; nil for an answer.
        var failure: String?

        var began: Double { ended - elapsed }
    }

    /// A fault, from its beginning until it was mended.
    struct Disturbance: Codable, Sendable {
        var subject: String
        var action: String
        var began: Double
        var ended: Double
        /// What came of it that is told, such as an exit code.
        var note: String?
    }

    var exchanges: [Exchange] = []
    var disturbances: [Disturbance] = []
}

/// Writes a ``ChaosHistory`` while it happens.
final class ChaosRecorder: Sendable {
    private let start = ContinuousClock.now
    private let state = NIOLockedValueBox(ChaosHistory())

    var history: ChaosHistory { state.withLockedValue { $0 } }

    /// Seconds since the start.
    var now: Double { (ContinuousClock.now - start) / .seconds(1) }

    /// Notes what became of a question.
    ///
    /// - Parameter timeout: How long the platform waits.
    func note(
        _ question: CallbackQuestion,
        to gateway: Member,
        _ result: Result<CallbackAnswer, PlatformSimulatorError>,
        timeout: Duration
    ) {
        var exchange = ChaosHistory.Exchange(
            ended: now,
            elapsed: 0,
            gateway: gateway,
            domain: question.domain,
            stream: question.stream
        )
        switch result {
        case .success(let answer):
            exchange.elapsed = answer.elapsed / .seconds(1)
            exchange.status = answer.status
            exchange.body = String(decoding: answer.body, as: UTF8.self)
            exchange.eventID = answer.eventID
            if case .failed(let failure) = answer.verdict { exchange.failure = failure.rawValue }
        case .failure(let error):
            exchange.failure = error.failure?.rawValue ?? "\(error)"
            // What was reset, closed or refused was so just now.
            exchange.elapsed = error.failure == .timeout ? timeout / .seconds(1) : 0
        }
        state.withLockedValue { $0.exchanges.append(exchange) }
    }

    /// Notes a fault that is mended.
    func note(_ fault: Fault, began: Double, _ note: String?) {
        let disturbance = ChaosHistory.Disturbance(
            subject: fault.subject.description,
            action: fault.action.rawValue,
            began: began,
            ended: now,
            note: note
        )
        state.withLockedValue { $0.disturbances.append(disturbance) }
    }
}
