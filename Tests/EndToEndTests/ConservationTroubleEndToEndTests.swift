import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing

/// Nothing that was answered is missing from the audit trail, whatever is killed when.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ConservationTroubleEndToEndTests {
    /// What the audit trail says of an event.
    private func rows(_ deployment: Deployment) async throws -> [(id: String, answer: String, cause: String)] {
        try await deployment.database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query("SELECT event_id, answer, cause FROM needrecord.outcomes")
                .map { try $0.decode((String, String, String).self) }
        }
    }

    /// Waits until everything that was answered has its row.
    private func settle(_ answers: [CallbackAnswer], _ deployment: Deployment) async throws {
        let answered = Set(answers.compactMap(\.eventID))
        try await eventually("a row for each of \(answered.count) answers", within: .seconds(60)) {
            try await answered.subtracting(rows(deployment).map(\.id)).isEmpty
        }
    }

    private func expectConservation(_ traffic: Traffic, _ deployment: Deployment) async throws {
        let answers = traffic.answers
        let rows = try await rows(deployment)
        let byID = Dictionary(grouping: rows, by: \.id)
        #expect(byID.values.allSatisfy { $0.count == 1 }, "an event has two outcomes")
        var wrong = 0
        for answer in answers where answer.status == 200 {
            let row = byID[answer.eventID ?? ""]?.first
            if row?.answer != String(decoding: answer.body, as: UTF8.self) { wrong += 1 }
        }
        #expect(wrong == 0, "\(wrong) of \(answers.count) answers have no row, or one that says something else")
        // What was answered and did not reach the client before its gateway or its connection was gone.
        let unseen = Set(rows.map(\.id)).subtracting(answers.compactMap(\.eventID))
        let lost = traffic.failures.values.reduce(0, +)
        #expect(unseen.count <= lost, "\(unseen.count) outcomes without an answer, \(lost) callbacks without one")
    }

    @Test func `Without any trouble the books balance, minute by minute`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            let traffic = try await Traffic(to: service, rate: nil, count: 1_000, connections: 20)
            try await traffic.end()
            try await settle(traffic.answers, deployment)
            #expect(try await service.stop() == 0)
            try await expectConservation(traffic, deployment)

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

            try await settle(traffic.answers, deployment)
            try await expectConservation(traffic, deployment)
        }
    }

    @Test func `A database that is away for a while is caught up with`() async throws {
        try await Deployment.with(answerBudget: .seconds(1)) { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            let traffic = try await Traffic(to: service, rate: 100, connections: 300)
            try await traffic.waitFor(.record, more: 100)
            try await Server.postgres.whileStopped { try await traffic.waitFor(.doNotRecord, more: 500) }
            try await traffic.waitFor(.record, more: 100)
            try await traffic.stop()

            try await settle(traffic.answers, deployment)
            try await expectConservation(traffic, deployment)
            let causes = Set(try await rows(deployment).map(\.cause))
            #expect(causes.isSuperset(of: ["decided", "state_unavailable"]))
        }
    }
}
