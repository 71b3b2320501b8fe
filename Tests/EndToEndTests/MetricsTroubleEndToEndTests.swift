import AMQP
import DecisionCore
import Foundation
import PlatformSimulator
import Postgres
import TestSupport
import Testing
import Wire

/// Metrics of what is seldom: each moves when it happens.
@Suite(.timeLimit(.minutes(2)))
struct MetricsTroubleEndToEndTests {
    // MARK: Gateway

    @Test func `What is odd, refused and not kept is counted`() async throws {
        try await Deployment.with { deployment in
            let broker = try #require(URLComponents(string: try TestEnvironment.amqpURL()))
            let link = try await FaultyLink(to: broker.port ?? 5_672)
            var url = broker
            url.port = link.port
            let gateway = try await deployment.start(
                .gateway,
                settings: ["NEEDRECORD_AMQP_URL": try #require(url.string)]
            )
            let callbacks = "http://127.0.0.1:\(try await gateway.callbackPort())"
            let odd = try #require(URL(string: callbacks + "/?app=a&domain=d&stream=s&vbitrate=fast&codec=vp9"))
            #expect(try await get(odd).status == 200)
            #expect(try await get(try #require(URL(string: callbacks + "/nowhere"))).status == 404)

            await link.set(.stalled)
            let ingest = "/callbacks/ingest?action=publish&app=p.example&appname=a&id=s&time=1700000000&ip=192.0.2.1"
            let notice = try #require(URL(string: callbacks + ingest))
            async let answer = get(notice)
            try await eventually("the notice to wait") {
                try await gateway.metrics()["needrecord_notices_pending"] == 1
            }
            #expect(try await answer.status == 503)
            await link.set(.clear)

            let metrics = try await gateway.metrics()
            #expect(metrics[#"needrecord_callback_anomalies_total{anomaly="malformed_vbitrate"}"#] == 1)
            #expect(metrics[#"needrecord_callback_anomalies_total{anomaly="unknown_codec"}"#] == 1)
            #expect(metrics[#"needrecord_http_requests_rejected_total{status="404"}"#] == 1)
            #expect(metrics.sum("needrecord_notices_not_kept_total") == 1)
            #expect(metrics["needrecord_notices_pending"] == 0)
        }
    }

    @Test func `A proxy that says nothing of the client is counted`() async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("needrecord-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data("proxies: {addresses: [127.0.0.1], proxyProtocol: true}".utf8).write(to: file)
        try await Deployment.with { deployment in
            let gateway = try await deployment.start(.gateway, settings: ["NEEDRECORD_AUTH_FILE": file.path])
            let url = try #require(URL(string: "http://127.0.0.1:\(try await gateway.callbackPort())/"))
            await #expect(throws: (any Error).self) { try await get(url) }
            #expect(try await gateway.metrics()["needrecord_admission_malformed_proxy_headers_total"] ?? 0 > 0)
        }
    }

    // MARK: Worker

    @Test func `An event that waits for a reservation is counted`() async throws {
        try await Deployment.with { deployment in
            try await deployment.run("quotas", "set", "one", "--scope", "app", "--concurrent", "1")
            try await deployment.run("rules", "add", "--record", "--quota", "one")
            let service = try await deployment.start(.serve)
            #expect(try await service.ask(.example).verdict == .record)
            try await deployment.database.withConnection { connection in
                try await connection.simpleQuery("BEGIN; SELECT 1 FROM needrecord.reservations FOR UPDATE")
                async let answer = service.ask(.example)
                try await eventually("the event to wait") {
                    try await service.metrics()["needrecord_events_contended_total"] ?? 0 > 0
                }
                try await connection.simpleQuery("COMMIT")
                #expect(try await answer.verdict == .record)
            }
        }
    }

    @Test func `A difference of a shadow that cannot be kept is counted`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            try await deployment.database.withConnection { connection in
                try await connection.simpleQuery(
                    """
                    INSERT INTO needrecord.rule_shadows (rule_set) VALUES ('default');
                    REVOKE INSERT ON needrecord.shadow_differences FROM needrecord_worker
                    """
                )
            }
            let service = try await deployment.start(.serve)
            #expect(try await service.ask(.example).verdict == .record)
            try await eventually("it to be dropped") {
                try await service.metrics()["needrecord_shadow_dropped_total"] == 1
            }
        }
    }

    // MARK: Auditor

    @Test func `What the audit trail cannot take, or lets go, is counted`() async throws {
        try await Deployment.with { deployment in
            try await deployment.run("quotas", "set", "one", "--scope", "app", "--concurrent", "1")
            try await deployment.run("rules", "add", "--record", "--quota", "one")
            let settings = [
                "NEEDRECORD_AUDITOR_RETENTION_DAYS": "1", "NEEDRECORD_AUDITOR_HOUSEKEEPING_INTERVAL": "1s",
            ]
            let service = try await deployment.start(.serve, settings: settings)
            #expect(try await service.ask(.example).verdict == .record)
            try await deployment.database.withConnection { connection in
                try await connection.simpleQuery(
                    """
                    UPDATE needrecord.reservations SET expires_at = now() - interval '1 second';
                    SELECT needrecord.prepare_outcome_partitions('2024-01-01', '2024-01-01')
                    """
                )
            }
            var ids = EventIDGenerator()
            var random = SystemRandomNumberGenerator()
            let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
            func outcome(_ id: EventID, _ answer: String) -> [UInt8] {
                let event = StreamEvent(id: id, receivedAt: now, domain: "d", app: "a", stream: "s")
                let run = GatewayRun(gateway: "gw", id: id)
                let times = AnswerTimes(answered: 1)
                return AuditRecord.outcome(
                    Outcome(event: event, cause: .fallback(.timeout), answer: answer, run: run, times: times)
                ).encoded()
            }
            // Ids only go up.
            let old = ids.next(now: now.advanced(by: .seconds(-40 * 86_400)), using: &random)
            let twice = ids.next(now: now, using: &random)
            let topology = deployment.topology
            let answers = [#"{"ApiVersion":"1.0","NeedRecord":false}"#, #"{"NeedRecord":false}"#]
            // One differs from what is written, one from what stands beside it.
            let both = ids.next(now: now, using: &random)
            try await publish([outcome(twice, answers[0]), outcome(old, answers[0]), Array("{}".utf8)], in: topology)
            try await publish([outcome(both, answers[0]), outcome(both, answers[1])], in: topology)
            try await publish([outcome(twice, answers[1])], in: topology)
            for (series, count) in [
                ("conflicting_outcomes_total", 2.0), ("outdated_total", 1), ("dead_total", 1),
                (#"reservations_total{result="expired"}"#, 1), ("pruned_total", 1),
            ] {
                try await eventually(series) { try await service.metrics()["needrecord_audit_\(series)"] == count }
            }
        }
    }

    @Test func `A stream that was made anew is counted`() async throws {
        try await Deployment.with { deployment in
            try await deployment.recordEverything()
            let service = try await deployment.start(.serve)
            #expect(try await service.ask(.example).verdict == .record)
            try await eventually("it to be written") {
                try await service.metrics()[#"needrecord_audit_records_total{kind="outcome"}"#] == 1
            }
            try await ProductBroker.withConnection { connection in
                let channel = try await connection.openChannel()
                try await channel.deleteQueue(deployment.topology.outcomesStream)
            }
            try await eventually("it to be noticed", within: .seconds(60)) {
                try await service.metrics()["needrecord_audit_streams_begun_anew_total"] == 1
            }
        }
    }

    /// Publishes records as a gateway does.
    private func publish(_ records: [[UInt8]], in topology: Topology) async throws {
        try await ProductBroker.withConnection { connection in
            let channel = try await connection.openChannel()
            let message = AuditMessage.message(
                records: records,
                id: "from a test",
                sentAt: Timestamp(millisecondsSinceEpoch: 0),
                topology: topology,
                sender: "test"
            )
            channel.publish(message)
        }
    }
}
