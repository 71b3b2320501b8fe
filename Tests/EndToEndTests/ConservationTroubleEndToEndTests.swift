import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing

/// Nothing that was answered is missing from the audit trail, whatever is killed when.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ConservationTroubleEndToEndTests {
    @Test func `Without any trouble the books balance, minute by minute`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            let traffic = try await Traffic(to: service, rate: nil, count: 1_000, connections: 20)
            try await traffic.end()
            try await deployment.settle(traffic.answers)
            #expect(try await service.stop() == 0)
            try await deployment.expectConservation([traffic])

            // The minute that was running is told of at the end.
            let auditor = try await deployment.start(.auditor)
            let unbalanced = {
                try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                    try await connection.query(
                        """
                        SELECT coalesce(sum(received), 0)::bigint,
                            (SELECT count(*) FROM needrecord.outcomes),
                            (SELECT count(*) FROM needrecord.unbalanced_minutes)
                        FROM needrecord.gateway_minutes
                        """
                    )[0].decode((Int, Int, Int).self)
                }
            }
            try await eventually("the count of the last minute") { try await unbalanced().0 == 1_000 }
            let (counted, kept, differing) = try await unbalanced()
            #expect(counted == 1_000)
            #expect(kept == 1_000)
            #expect(differing == 0)
            #expect(try await auditor.stop() == 0)
        }
    }

    @Test func `Auditor, gateway, broker and database killed under load: every answer has its one outcome`()
        async throws
    {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let journal = TemporaryDirectory()
            _ = try await deployment.start(.worker)
            var auditor = try await deployment.start(.auditor)
            var settings = [
                "NEEDRECORD_GATEWAY_NAME": "gateway-1", "NEEDRECORD_JOURNAL_DIRECTORY": journal.path,
            ]
            var gateway = try await deployment.start(.gateway, settings: settings)
            // Whoever asks finds it again after its death.
            settings["NEEDRECORD_HTTP_PORT"] = String(try await gateway.callbackPort())
            let traffic = try await Traffic(to: gateway, rate: 150, connections: 700)
            try await traffic.waitFor(.record, more: 200)

            auditor.process.signal(SIGKILL)
            try await auditor.process.wait()
            try await traffic.waitForAnswers(100)
            auditor = try await deployment.start(.auditor)
            try await traffic.waitForAnswers(100)

            for _ in 1...3 {
                gateway.process.signal(SIGKILL)
                try await gateway.process.wait()
                gateway = try await deployment.start(.gateway, settings: settings)
                try await traffic.waitForAnswers(150)
            }

            try await Server.rabbitmq.killAndRestart()
            try await traffic.waitForAnswers(150)
            try await Server.postgres.killAndRestart()
            try await traffic.waitForAnswers(150)

            // Two at once.
            auditor.process.signal(SIGKILL)
            gateway.process.signal(SIGKILL)
            try await auditor.process.wait()
            try await gateway.process.wait()
            auditor = try await deployment.start(.auditor)
            gateway = try await deployment.start(.gateway, settings: settings)
            try await traffic.waitFor(.record, more: 200)
            try await traffic.stop()

            try await deployment.settle(traffic.answers)
            try await deployment.expectConservation([traffic])
        }
    }

    /// `NEEDRECORD_OUTAGE_SECONDS` makes it longer.
    @Test func `A database that is away for a while is caught up with`() async throws {
        let outage = ProcessInfo.processInfo.environment["NEEDRECORD_OUTAGE_SECONDS"].flatMap { Int64($0) } ?? 0
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            let start = Date()
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            let traffic = try await Traffic(to: service, rate: 100, connections: 300)
            try await traffic.waitFor(.record, more: 100)
            try await Server.postgres.whileStopped {
                let end = ContinuousClock.now + .seconds(outage)
                try await traffic.waitFor(.doNotRecord, more: 500)
                try await Task.sleep(until: end)
            }
            try await traffic.waitFor(.record, more: 100)
            try await traffic.stop()

            try await deployment.settle(traffic.answers)
            #expect(try await service.stop() == 0)
            // It has brought the count of the running minute to the broker, and nobody is there to take it any more.
            let auditor = try await deployment.start(.auditor)
            try await deployment.expectConservation([traffic])
            try await deployment.expectVerified(since: start)
            #expect(try await auditor.stop() == 0)
            let causes = Dictionary(grouping: try await deployment.outcomes(), by: \.cause).mapValues(\.count)
            #expect(Set(causes.keys).isSuperset(of: ["decided", "state_unavailable"]), "\(causes)")
            print("an outage of \(outage) s or more: outcomes by cause \(causes)")
        }
    }
}
