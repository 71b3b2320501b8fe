internal import DecisionCore
internal import Postgres
internal import Wire

/// What one sitting of a replay has come to. It stays in the task that replays.
final class Sitting {
    private let run: ReplayRun
    private let records: ReplayRecords
    private let connection: PostgresConnection
    private var results: [ReplayDesk.Result] = []
    /// What the broker did not take, to be sent again.
    private var refused: [ReplayCandidate] = []
    /// Those that are recorded otherwise, and whose pushes have not been measured.
    private var turned: [(id: EventID, change: ReplayChange)] = []
    private var flushedAt = ContinuousClock.now
    private var toldAt = ContinuousClock.now
    var report: ReplayReport
    var progress = ReplayProgress()

    init(run: ReplayRun, records: ReplayRecords, report: ReplayReport, connection: PostgresConnection) {
        self.run = run
        self.records = records
        self.report = report
        self.connection = connection
    }

    /// Whether what has come is to be told and compared.
    var isDue: Bool {
        results.count >= 256 || (!results.isEmpty && ContinuousClock.now - flushedAt > .milliseconds(200))
    }

    /// Whether somebody wants to know how far it is; once every two seconds.
    func progressIsDue() -> Bool {
        guard ContinuousClock.now - toldAt > .seconds(2) else { return false }
        toldAt = .now
        return true
    }

    /// Takes over what has come of events.
    func take(from desk: ReplayDesk) {
        let (ended, refused) = desk.take()
        self.refused += refused
        results += ended
        progress.replayed += ended.count
        progress.decided += ended.count { $0.cause.decision != nil }
        if let last = ended.last { progress.at = last.passenger.candidate.event.receivedAt }
    }

    /// One that has to be sent again.
    func nextRefused() -> ReplayCandidate? {
        refused.isEmpty ? nil : refused.removeFirst()
    }

    /// Tells the audit trail of them, and compares.
    func flush() async throws {
        try tell()
        let lengths = try await PushLengths.lengths(of: turned.map(\.id), on: connection)
        for (id, change) in turned {
            if let length = lengths[id] { report.add(length, change) }
        }
        turned = []
    }

    /// Tells the audit trail of them, for which no database is needed.
    func tell() throws {
        let ended = results
        results = []
        flushedAt = .now
        try records.send(ended.map { .replayed(event($0)) })
        for result in ended {
            let candidate = result.passenger.candidate
            switch result.cause {
            case .fallback(let cause): report.add(candidate, cause)
            case .decision(let decision):
                if let change = report.add(candidate, decision, isRoomAssumed: false) {
                    turned.append((candidate.event.id, change))
                }
            }
        }
    }

    private func event(_ result: ReplayDesk.Result) -> ReplayedEvent {
        ReplayedEvent(
            event: result.passenger.event,
            original: result.passenger.candidate.event.id,
            replay: run.replay,
            cause: result.cause,
            worker: result.worker,
            replyTime: result.replyTime
        )
    }
}
