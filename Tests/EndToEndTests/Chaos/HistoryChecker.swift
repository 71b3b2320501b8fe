import Foundation

/// Proves of a run what the product promises, or says what is against it. Pure: a history, and what the audit trail
/// has of it.
struct HistoryChecker {
    /// A promise that was broken.
    struct Violation: Equatable, CustomStringConvertible {
        enum Promise: String, CaseIterable {
            case everyQuestionIsAnswered
            case answersAreInTime
            case bodiesAreValid
            case answersAreOutcomes
            case outcomesAreUnique
            case outcomesHaveCallbacks
            case decisionsFollowTheRules
            case retriesAgree
            case quotasHold
            case nothingBeginsTooLate
            case stopsAreOrderly
        }

        let promise: Promise
        let text: String

        var description: String { "\(promise): \(text)" }
    }

    /// The answer budget in seconds.
    let budget: Double
    /// How much later than the budget an answer may reach the platform, in seconds: the platform waits for a second more
    /// than the budget, and on a machine that runs everything at once that second is needed.
    let tolerance = 1.0
    let history: ChaosHistory
    let rows: [OutcomeRow]
    let strays: [StrayDecision]
    /// When something was done to a gateway, or to the platform's way there.
    private let disturbed: [Member: [ClosedRange<Double>]]

    init(budget: Double, history: ChaosHistory, rows: [OutcomeRow], strays: [StrayDecision]) {
        self.budget = budget
        self.history = history
        self.rows = rows
        self.strays = strays
        var disturbed: [Member: [ClosedRange<Double>]] = [:]
        for member in Member.gateways {
            let subjects = [
                FaultSubject.member(member).description,
                FaultSubject.way(Way(member: member, end: .platform)).description,
            ]
            // What stood in the way takes a moment to clear.
            let slack = 0.5
            disturbed[member] = history.disturbances.filter { subjects.contains($0.subject) }
                .map { $0.began - slack...$0.ended + slack }
        }
        self.disturbed = disturbed
    }

    func violations() -> [Violation] {
        var found: [Violation] = []
        func expect(_ isKept: Bool, _ promise: Violation.Promise, _ text: @autoclosure () -> String) {
            if !isKept { found.append(Violation(promise: promise, text: text())) }
        }

        let rowsByID = Dictionary(grouping: rows, by: \.eventID)
        for (id, rows) in rowsByID where rows.count > 1 {
            expect(false, .outcomesAreUnique, "\(rows.count) rows of \(id)")
        }

        var answeredIDs: Set<String> = []
        for exchange in history.exchanges {
            guard exchange.failure == nil else {
                expect(
                    exchange.failure == "cancelled" || (exchange.status == 0 && isDisturbed(exchange)),
                    .everyQuestionIsAnswered,
                    "\(exchange)"
                )
                continue
            }
            expect(
                exchange.elapsed <= budget + tolerance || isDisturbed(exchange),
                .answersAreInTime,
                "\(exchange)"
            )
            expect(
                ChaosWorld.bodies(exchange.domain).contains(exchange.body) || exchange.body == ChaosWorld.fallback,
                .bodiesAreValid,
                "\(exchange)"
            )
            let id = exchange.eventID ?? ""
            expect(answeredIDs.insert(id).inserted, .outcomesAreUnique, "two answers with the id \(id)")
            let row = rowsByID[id]?.first
            expect(
                row.map { row in
                    row.answer == exchange.body && row.gateway == exchange.gateway.rawValue
                        && row.domain == exchange.domain && row.stream == exchange.stream
                } ?? false,
                .answersAreOutcomes,
                "\(exchange), and the trail has \(row.map { "\($0)" } ?? "nothing")"
            )
        }

        found += unexpectedOutcomes(answeredIDs) + wrongDecisions() + lateDecisions()
        for disturbance in history.disturbances where disturbance.action == Fault.Action.restart.rawValue {
            expect(disturbance.note ?? "0" == "0", .stopsAreOrderly, "\(disturbance)")
        }
        return found
    }

    /// What has an outcome and was seen by nobody must be what somebody asked in vain. As the platform's HTTP client does,
    /// ours asks once more by itself when a connection that it had used before is lost.
    private func unexpectedOutcomes(_ answeredIDs: Set<String>) -> [Violation] {
        struct Question: Hashable { var gateway, domain, stream: String }
        var unanswered: [Question: Int] = [:]
        for exchange in history.exchanges {
            let attempts = (exchange.failure == nil ? 0 : 1) + (isDisturbed(exchange) ? 1 : 0)
            guard attempts > 0 else { continue }
            let question = Question(
                gateway: exchange.gateway.rawValue,
                domain: exchange.domain,
                stream: exchange.stream
            )
            unanswered[question, default: 0] += attempts
        }
        return rows.compactMap { row in
            guard !answeredIDs.contains(row.eventID) else { return nil }
            let question = Question(gateway: row.gateway, domain: row.domain, stream: row.stream)
            if let left = unanswered[question], left > 0 {
                unanswered[question] = left - 1
                return nil
            }
            return Violation(promise: .outcomesHaveCallbacks, text: "\(row)")
        }
    }

    private func wrongDecisions() -> [Violation] {
        var found: [Violation] = []
        var answers: [String: Set<String>] = [:]
        var places: Set<String> = []
        for row in rows {
            let allowed = row.isDecided ? ChaosWorld.bodies(row.domain) : [ChaosWorld.fallback]
            if !allowed.contains(row.answer) || row.needRecord != (row.answer == ChaosWorld.record) {
                found.append(Violation(promise: .decisionsFollowTheRules, text: "\(row)"))
            }
            guard row.isDecided else { continue }
            if row.domain == ChaosWorld.shared { answers[row.stream, default: []].insert(row.answer) }
            if row.domain == ChaosWorld.limited, row.needRecord { places.insert(row.stream) }
        }
        for (stream, answers) in answers where answers.count > 1 {
            found.append(Violation(promise: .retriesAgree, text: "\(stream) has had \(answers.sorted())"))
        }
        if places.count > ChaosWorld.places {
            found.append(
                Violation(promise: .quotasHold, text: "\(places.count) of \(ChaosWorld.places): \(places.sorted())")
            )
        }
        return found
    }

    /// Where clocks were stepped, two of them cannot be compared.
    private func lateDecisions() -> [Violation] {
        guard !history.disturbances.contains(where: { $0.action == Fault.Action.stepClock.rawValue }) else { return [] }
        return strays.filter { $0.age > budget + 0.002 }
            .map { Violation(promise: .nothingBeginsTooLate, text: "\($0)") }
    }

    /// Whether something stood in the way of a question.
    private func isDisturbed(_ exchange: ChaosHistory.Exchange) -> Bool {
        disturbed[exchange.gateway, default: []].contains { $0.overlaps(exchange.began...exchange.ended) }
    }
}
