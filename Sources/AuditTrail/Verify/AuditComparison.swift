internal import DecisionCore
internal import StreamReading

/// Compares callbacks, outcomes and what the gateways have counted.
///
/// The callbacks are all there from the beginning; the outcomes come by in the order of their ids and are not kept.
struct AuditComparison: Sendable {
    /// An outcome, as far as it is compared.
    struct KeptOutcome: Sendable {
        var event: EventID
        var run: GatewayRun
        var cause: String
        /// Whether its decision was made for another callback, so that it need not have been published itself.
        var isLateDecision = false

        /// Whether it must have gone through the broker.
        var isOfItsOwnDecision: Bool { cause == "decided" && !isLateDecision }
    }

    private struct Key: Hashable {
        var run: EventID
        var minute: Timestamp
    }

    private struct Book {
        var run: GatewayRun
        var counted: [String: Int]?
        var unkept = 0
        var kept: [String: Int] = [:]
        var missing = Absence()
        /// Those of a minute that was not told of which are so young that it may still be.
        var recent = Absence()
    }

    /// Callbacks without an outcome: how many, and the first of them.
    private struct Absence {
        var count = 0
        var first: [EventID] = []

        mutating func add(_ id: EventID, limit: Int) {
            count += 1
            if first.count < limit { first.append(id) }
        }
    }

    private let window: CallbackWindow
    private let callbacks: CallbackList
    private var books: [Key: Book] = [:]
    private var next = 0
    private var last: EventID?
    private let settled: Timestamp
    /// The latest run of each gateway, by its name, that anything was heard of.
    private var latestRuns: [String: EventID] = [:]
    /// The first outcome that rests on a decision of its own, and so went through the broker.
    private(set) var firstDecided: EventID?

    /// What was found so far.
    private(set) var findings: AuditFindings
    /// The outcomes that there are.
    private(set) var outcomes = 0
    /// The outcomes of minutes that their gateways never told of.
    private(set) var uncounted = 0
    /// The callbacks without an outcome that name no run of a gateway, so that nobody has to have answered them.
    private(set) var unattributed = 0

    /// Begins a comparison.
    ///
    /// - Parameters:
    ///   - callbacks: Those of the window, in order.
    ///   - minutes: All that touch the window.
    ///   - laterRuns: Runs that have told of a minute after the window.
    ///   - settled: What came in before it has its outcome, unless something is wrong.
    ///   - limit: How many findings of each kind are listed.
    init(
        _ window: CallbackWindow,
        callbacks: CallbackList,
        minutes: [GatewayMinute],
        laterRuns: [GatewayRun] = [],
        settled: Timestamp,
        limit: Int
    ) {
        self.window = window
        self.callbacks = callbacks
        self.settled = settled
        findings = AuditFindings(limit: limit)
        for run in laterRuns { heard(of: run) }
        for minute in minutes {
            heard(of: minute.run)
            let key = Key(run: minute.run.id, minute: minute.minute)
            books[key] = Book(run: minute.run, counted: minute.outcomes, unkept: minute.unkept)
        }
    }

    /// The next outcome; its id is not below that of the one before.
    mutating func add(_ outcome: KeptOutcome) {
        let id = outcome.event
        outcomes += 1
        guard last != id else {
            findings.add(AuditFinding(kind: .duplicate, event: id, run: outcome.run, minute: id.minute))
            return
        }
        last = id
        heard(of: outcome.run)
        if firstDecided == nil, outcome.isOfItsOwnDecision { firstDecided = id }
        while next < callbacks.count, callbacks[next].id < id { passUnanswered() }
        if next < callbacks.count, callbacks[next].id == id {
            next += 1
        } else if outcome.isOfItsOwnDecision {
            findings.add(
                AuditFinding(kind: .uncopied, event: id, run: outcome.run, minute: id.minute, cause: outcome.cause)
            )
        }
        let key = Key(run: outcome.run.id, minute: id.minute)
        books[key, default: Book(run: outcome.run)].kept[outcome.cause, default: 0] += 1
    }

    /// There are no more outcomes.
    mutating func finish() {
        while next < callbacks.count { passUnanswered() }
        let order = books.sorted { ($0.key.minute, $0.key.run) < ($1.key.minute, $1.key.run) }
        for (key, book) in order { close(book, of: key.minute) }
    }

    private mutating func passUnanswered() {
        let (id, run) = callbacks[next]
        next += 1
        guard let run else {
            unattributed += 1
            return
        }
        let key = Key(run: run.id, minute: id.minute)
        // What it is, is known when all has come by: a minute that was told of may have some that could not be kept, and
        // a gateway that told of nothing may be heard of again.
        if books[key]?.counted == nil, id.timestamp >= settled {
            books[key, default: Book(run: run)].recent.add(id, limit: findings.limit)
        } else {
            books[key, default: Book(run: run)].missing.add(id, limit: findings.limit)
        }
    }

    private mutating func heard(of run: GatewayRun) {
        latestRuns[run.gateway] = max(latestRuns[run.gateway] ?? run.id, run.id)
    }

    /// Whether a later run of the same gateway was heard of. It has sent what it found in its journal before anything of
    /// its own.
    private func hasReturned(_ run: GatewayRun) -> Bool {
        latestRuns[run.gateway].map { $0 > run.id } ?? false
    }

    private mutating func list(_ absence: Absence, _ kind: AuditFinding.Kind, _ run: GatewayRun, _ minute: Timestamp) {
        for id in absence.first { findings.add(AuditFinding(kind: kind, event: id, run: run, minute: minute)) }
        findings.add(absence.count - absence.first.count, of: kind)
    }

    private mutating func close(_ book: Book, of minute: Timestamp) {
        guard let counted = book.counted else {
            uncounted += book.kept.values.reduce(0, +)
            let isOver = hasReturned(book.run)
            list(book.missing, isOver ? .unanswered : .silent, book.run, minute)
            list(book.recent, isOver ? .unanswered : .recent, book.run, minute)
            return
        }
        func finding(_ kind: AuditFinding.Kind) -> AuditFinding {
            AuditFinding(kind: kind, run: book.run, minute: minute)
        }
        if book.unkept > 0 {
            var unkept = finding(.unkept)
            unkept.counted = book.unkept
            findings.add(unkept)
        }
        if book.missing.count > book.unkept { list(book.missing, .missing, book.run, minute) }
        guard window.contains(minute: minute) else { return }
        let causes = Set(counted.keys).union(book.kept.keys).sorted()
        let short = causes.reduce(0) { $0 + max(0, counted[$1, default: 0] - book.kept[$1, default: 0]) }
        for cause in causes {
            let (told, kept) = (counted[cause, default: 0], book.kept[cause, default: 0])
            guard kept > told || (kept < told && short > book.unkept) else { continue }
            var difference = finding(kept > told ? .unexpected : .unbalanced)
            (difference.cause, difference.counted, difference.kept) = (cause, told, kept)
            findings.add(difference)
        }
    }
}
