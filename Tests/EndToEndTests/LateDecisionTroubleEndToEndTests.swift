import AMQP
import DecisionCore
import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing
import Wire

/// A decision that missed its deadline, or whose gateway was killed, answers the platform's next attempt elsewhere.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LateDecisionTroubleEndToEndTests {
    /// Two gateways, a worker and an auditor.
    private struct Scene {
        let deployment: Deployment
        let first: ServiceProcess
        let second: ServiceProcess
        let worker: ServiceProcess

        init(_ deployment: Deployment) async throws {
            self.deployment = deployment
            worker = try await deployment.start(.worker)
            first = try await deployment.start(.gateway, settings: ["NEEDRECORD_GATEWAY_NAME": "first"])
            second = try await deployment.start(.gateway, settings: ["NEEDRECORD_GATEWAY_NAME": "second"])
            _ = try await deployment.start(.auditor)
        }

        /// Asks the first gateway, and runs `body` while the worker has the event and cannot read the rules.
        ///
        /// - Parameter body: Is handed what lets the worker go on.
        /// - Returns: The answer; nil when there was none.
        func ask(
            while body: (_ release: () async throws -> Void) async throws -> Void
        ) async throws -> CallbackAnswer? {
            try await deployment.database.withConnection { owner in
                try await owner.simpleQuery("BEGIN; LOCK TABLE needrecord.rules IN ACCESS EXCLUSIVE MODE")
                let asking = Task { try? await first.ask(.example) }
                try await eventually("the worker to wait for the rules") {
                    try await deployment.database.withConnection { other in
                        try await other.query(
                            """
                            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                                AND wait_event_type = 'Lock' AND application_name LIKE 'needrecord worker%'
                            """
                        )[0].decode(Int.self) == 1
                    }
                }
                try await body { try await owner.simpleQuery("COMMIT") }
                return await asking.value
            }
        }

        /// Has the first gateway answer the default although the worker has decided in time: the broker stands still,
        /// and brings the reply when it is too late.
        func missDeadline() async throws -> EventID {
            let answer = try await ask { release in
                try await Server.rabbitmq.whileFrozen {
                    try await release()
                    try await eventually("the decision") { try await worker.status().counters["events.decided"] == 1 }
                    try await eventually("the default") {
                        try await first.status().counters["callbacks.fallback.timeout"] == 1
                    }
                }
            }
            #expect(answer?.text == DocumentedAnswer.doNotRecord)
            try await eventually("the late decision") { try await first.status().counters["replies.late"] == 1 }
            return try #require(answer?.eventID.flatMap(EventID.init))
        }

        /// Kills the worker: from now on nobody decides.
        func killWorker() async throws {
            worker.process.signal(SIGKILL)
            try await worker.process.wait()
        }

        /// Expects that the audit trail names this callback as the one whose decision the answer rests on, and that the
        /// decision can be made again.
        func expectLate(_ answer: CallbackAnswer, of event: EventID) async throws {
            let id = try #require(answer.eventID)
            try await deployment.settle([answer])
            let row = try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                try await connection.query(
                    """
                    SELECT late_of::text, cause, answer, gateway FROM needrecord.outcomes
                    WHERE event_id = \(id)::uuid
                    """
                )[0].decode((String?, String, String, String).self)
            }
            #expect(row == (event.description, "decided", DocumentedAnswer.record, "second"))
            #expect(try await deployment.run("explain", id).contains("decided for the callback \(event)"))
            #expect(try await deployment.run("audit", "outcomes", "--late", "--since", "5m").contains(id))
        }
    }

    @Test func `A decision that came too late answers the next attempt, at another gateway and without a worker`()
        async throws
    {
        let start = Date()
        try await Deployment.with(answerBudget: .seconds(3)) { deployment in
            try await deployment.recordEverything()
            let scene = try await Scene(deployment)
            let event = try await scene.missDeadline()
            try await eventually("the other gateway to know") {
                try await scene.second.status().counters["late.remembered"] == 1
            }
            try await scene.killWorker()
            let answer = try await scene.second.ask(.example)
            #expect(answer.text == DocumentedAnswer.record)
            #expect(try await scene.second.settledCounters().recorded == 1)
            try await scene.expectLate(answer, of: event)
            let findings = try await deployment.expectVerified(since: start)
            #expect(findings["uncopied"] ?? 0 == 0, "\(findings)")
        }
    }

    @Test func `A decision that took a reservation answers nobody else, and the reservation waits for who can ask`()
        async throws
    {
        try await Deployment.with(answerBudget: .seconds(3)) { deployment in
            try await deployment.run("quotas", "set", "one", "--scope", "group", "--concurrent", "1")
            try await deployment.run("rules", "add", "--record", "--quota", "one")
            let scene = try await Scene(deployment)
            _ = try await scene.missDeadline()
            try await eventually("it to be counted") {
                try await scene.first.status().counters["late.withheld"] == 1
            }
            try await scene.killWorker()
            #expect(try await scene.second.ask(.example).text == DocumentedAnswer.doNotRecord)
            #expect(try await scene.second.status().counters["late.received"] == 0)

            // Nobody gave it back: another stream has no room, and this one finds its own.
            _ = try await deployment.start(.worker)
            let other = CallbackQuestion(app: "seq_all", domain: "demo.aliyundoc.com", stream: "other")
            #expect(try await scene.second.ask(other).text == DocumentedAnswer.doNotRecord)
            #expect(try await scene.second.ask(.example).text == #"{"ApiVersion":"1.0","NeedRecord":true}"#)
            let taken = try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                try await connection.query("SELECT count(*), max(asks) FROM needrecord.reservations")[0]
                    .decode((Int, Int).self)
            }
            #expect(taken == (1, 2))
        }
    }

    @Test func `The decision that a killed gateway did not live to hear answers at another one`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let scene = try await Scene(deployment)
            let prefix = "\(deployment.topology.namespace).replies.first."
            let queue = try #require(
                try await ProductBroker.control(
                    "list_queues",
                    "-p",
                    ProductBroker.configuration().virtualHost,
                    "name"
                ).split(separator: "\n").first { $0.hasPrefix(prefix) }
            )
            let answer = try await scene.ask { release in
                scene.first.process.signal(SIGKILL)
                try await scene.first.process.wait()
                try await eventually("its queue to be gone") { try await isGone(String(queue)) }
                try await release()
            }
            #expect(answer == nil)
            try await eventually("the other gateway to know") {
                try await scene.second.status().counters["late.remembered"] == 1
            }
            #expect(try await scene.worker.status().counters["replies.undeliverable_told"] == 1)
            try await scene.killWorker()
            let retry = try await scene.second.ask(.example)
            #expect(retry.text == DocumentedAnswer.record)
            let events = try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                try await eventually("the decision that nobody took") {
                    try await connection.query("SELECT count(*) FROM needrecord.undeliverable_replies")[0]
                        .decode(Int.self) == 1
                }
                return try await connection.query("SELECT event_id::text FROM needrecord.undeliverable_replies")
                    .map { try $0.decode(String.self) }
            }
            try await scene.expectLate(retry, of: try #require(EventID(events[0])))
        }
    }

    /// Whether a queue that is another connection's alone does not exist any more.
    private func isGone(_ queue: String) async throws -> Bool {
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            do {
                _ = try await channel.declareQueue(AMQPQueue(name: queue), passive: true)
                return false
            } catch let error as AMQPError {
                return error.code == .notFound
            }
        }
    }
}
