import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing

@testable import BusinessState

/// A database with quotas, and a connection for each of those who have to do with them.
struct QuotaScene {
    let database: ProductDatabase
    let worker: PostgresConnection
    let auditor: PostgresConnection
    let store: QuotaStore
    private let desk = QuotaDesk()

    /// Runs `body` with these quotas.
    static func with(_ quotas: [Quota], _ body: (QuotaScene) async throws -> Void) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection(role: "needrecord_worker") { worker in
                try await database.withConnection(role: "needrecord_auditor") { auditor in
                    try await database.withConnection(role: "needrecord_operator") { person in
                        let store = QuotaStore(person)
                        for quota in quotas { try await store.set(quota) }
                        try await body(
                            QuotaScene(database: database, worker: worker, auditor: auditor, store: store)
                        )
                    }
                }
            }
        }
    }

    /// A time zone in which no month begins within three hours of now.
    static var zoneFarFromMidnight: String {
        let hour = Int(Date().timeIntervalSince1970) / 3_600 % 24
        return (3..<21).contains(hour) ? "UTC" : "Asia/Shanghai"
    }

    /// Reserves for these asks, as a worker does, which nobody contends.
    @discardableResult
    func reserve(_ asks: [ReservationAsk], at now: Timestamp = .example) async throws -> [Reservation] {
        try await answers(asks, at: now).map { try #require($0, "nobody else is there") }
    }

    /// What the quotas answer these asks; nil for those that are contended.
    func answers(_ asks: [ReservationAsk], at now: Timestamp = .example) async throws -> [Reservation?] {
        try await desk.reserve(asks, on: worker, now: now, timeout: .seconds(30))
    }

    /// Reserves for these streams, asked for just now.
    @discardableResult
    func reserve(
        _ streams: String...,
        quota: String = "q",
        at now: Timestamp = .example
    ) async throws -> [Reservation] {
        try await reserve(streams.map { .of($0, quota: quota, at: now) }, at: now)
    }

    /// The states of ``reserve(_:quota:at:)``.
    func states(
        _ streams: String...,
        quota: String = "q",
        at now: Timestamp = .example
    ) async throws -> [Reservation.State] {
        try await reserve(streams.map { .of($0, quota: quota, at: now) }, at: now).map(\.state)
    }

    func standing(_ asks: [ReservationAsk], at now: Timestamp = .example) async throws -> [Reservation] {
        try await desk.standing(asks, on: worker, now: now, timeout: .seconds(30))
    }

    func releaseUndelivered(_ asks: [ReservationAsk]) async throws -> Int {
        try await desk.releaseUndelivered(asks.map(\.event.id), on: worker, timeout: .seconds(30))
    }

    /// Tells a recording's status; returns how many reservations that changed.
    @discardableResult
    func status(_ event: String, _ stream: String, at now: Timestamp = .example) async throws -> Int {
        try await auditor.value(
            Int.self,
            """
            SELECT needrecord.apply_recording_status(
                \(PostgresTimestamp(now))::timestamptz, 'test.com', 'live', \(stream), \(event)
            )
            """
        )
    }

    /// Tells that a recording has begun, and that it has paused.
    func pause(_ stream: String, at now: Timestamp = .example) async throws {
        try await status("record_started", stream, at: now)
        try await status("record_paused", stream, at: now)
    }

    /// Tells of a file that is as long as the time between its start and its stop.
    @discardableResult
    func file(
        _ stream: String,
        from start: Timestamp,
        to stop: Timestamp,
        at now: Timestamp? = nil
    ) async throws -> Int {
        try await auditor.value(
            Int.self,
            """
            SELECT needrecord.apply_recorded_file(
                \(PostgresTimestamp(now ?? stop))::timestamptz, 'test.com', 'live', \(stream), 'file.mp4',
                \(stop.millisecondsSinceEpoch - start.millisecondsSinceEpoch)::bigint,
                \(PostgresTimestamp(start))::timestamptz, \(PostgresTimestamp(stop))::timestamptz
            )
            """
        )
    }

    /// Tells of a push that has begun or ended.
    @discardableResult
    func ingest(
        _ action: String,
        _ stream: String,
        domain: String = "test.com",
        app: String = "live",
        at time: Timestamp
    ) async throws -> Int {
        try await auditor.value(
            Int.self,
            """
            SELECT needrecord.apply_ingest(
                \(PostgresTimestamp(time))::timestamptz, \(domain), \(app), \(stream), \(action),
                \(PostgresTimestamp(time))::timestamptz
            )
            """
        )
    }

    func expire(at now: Timestamp) async throws -> Int {
        try await auditor.value(
            Int.self,
            "SELECT needrecord.expire_reservations(\(PostgresTimestamp(now))::timestamptz)"
        )
    }

    func prune(before: Timestamp) async throws -> Int {
        try await auditor.value(
            Int.self,
            "SELECT needrecord.prune_reservations(\(PostgresTimestamp(before))::timestamptz)"
        )
    }

    /// All reservations of a stream, the oldest first.
    func reservations(_ stream: String) async throws -> [StoredReservation] {
        try await store.reservations(ReservationFilter(stream: stream, includesEnded: true))
    }

    /// The newest reservation of a stream.
    func newest(_ stream: String) async throws -> StoredReservation {
        try #require(await reservations(stream).last)
    }

    /// What was recorded, in milliseconds, by the first day of the month.
    func months(quota: String = "q") async throws -> [String: Int] {
        let rows = try await worker.query(
            "SELECT month::text, sum(recorded_milliseconds) FROM needrecord.quota_months WHERE quota = \(quota) GROUP BY 1"
        )
        var months: [String: Int] = [:]
        for row in rows { months[try row.decode(String.self, at: 0)] = try row.decode(Int.self, at: 1) }
        return months
    }
}

extension ReservationAsk {
    /// An ask as a worker makes it, with an event of its own.
    static func of(
        _ stream: String,
        domain: String = "test.com",
        app: String = "live",
        quota: String = "q",
        at receivedAt: Timestamp = .example
    ) -> ReservationAsk {
        var event = StreamEvent.of(domain: domain, app: app, stream: stream)
        event.id = EventID(high: 0x018B_CFE5_6800_7000, low: .random(in: 1 << 63..<3 << 62))
        event.receivedAt = receivedAt
        return ReservationAsk(event: event, rule: Rule.ID(rawValue: 7), quota: quota)
    }
}

extension Timestamp {
    /// This long after ``example``.
    static func after(_ duration: Duration) -> Timestamp { example.advanced(by: duration) }
}

extension Quota {
    /// A quota for all streams, called `q`.
    static func of(
        concurrent: Int? = nil,
        minutes: Int? = nil,
        scope: Scope = .group,
        timeZone: String = "UTC",
        name: String = "q"
    ) -> Quota {
        Quota(name: name, scope: scope, concurrentLimit: concurrent, minutesLimit: minutes, timeZone: timeZone)
    }
}

extension Duration {
    static func minutes(_ count: Int) -> Duration { .seconds(count * 60) }
    static func hours(_ count: Int) -> Duration { .seconds(count * 3_600) }
}
