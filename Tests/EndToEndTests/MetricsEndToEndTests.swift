import DecisionCore
import PlatformSimulator
import TestSupport
import Testing

/// What operators see of a process in `/metrics`.
@Suite(.timeLimit(.minutes(2)))
struct MetricsEndToEndTests {
    @Test func `Every callback is in the counters and histograms of the parts that it went through`() async throws {
        try await Deployment.with { deployment in
            try await deployment.run("rules", "add", "--stream", "s1*", "--record")
            let service = try await deployment.start(.serve)
            for number in 0..<20 {
                _ = try await service.ask(CallbackQuestion(app: "a", domain: "a.example", stream: "s\(number)"))
            }
            var metrics: [String: Double] = [:]
            // What comes last in each part.
            try await eventually("all to be counted") {
                metrics = try await service.metrics()
                return metrics["needrecord_audit_records_total{kind=\"outcome\"}"] == 20
                    && metrics["needrecord_audit_batch_records_sum"] ?? 0 >= 20
                    && metrics["needrecord_batch_duration_seconds_count{step=\"whole\"}"] == 20
                    && metrics["needrecord_answer_step_duration_seconds_count{step=\"journal\"}"] == 20
                    && metrics["needrecord_events_in_hand"] == 0
            }
            #expect(metrics["needrecord_callbacks_received_total"] == 20)
            #expect(metrics[#"needrecord_callbacks_answered_total{answer="record",cause="decided"}"#] == 11)
            #expect(metrics[#"needrecord_callbacks_answered_total{answer="skip",cause="decided"}"#] == 9)
            #expect(metrics.sum("needrecord_callbacks_answered_total") == 20)
            #expect(metrics[#"needrecord_answer_duration_seconds_count{cause="decided"}"#] == 20)
            #expect(metrics[#"needrecord_answer_duration_seconds_bucket{cause="decided",le="5"}"#] == 20)
            for step in ["publish", "transit", "worker", "facts", "journal"] {
                #expect(metrics["needrecord_answer_step_duration_seconds_count{step=\"\(step)\"}"] == 20, "\(step)")
            }
            // Asked one after another, each is a batch, and has most of its budget left.
            #expect(metrics["needrecord_batch_events_count"] == 20)
            #expect(metrics["needrecord_event_remaining_budget_seconds_bucket{le=\"2\"}"] == 0)
            #expect(metrics["needrecord_event_remaining_budget_seconds_count"] == 20)
            #expect(metrics[#"needrecord_batch_duration_seconds_count{step="whole"}"#] == 20)
            #expect(metrics[#"needrecord_events_finished_total{result="decided"}"#] == 20)
            #expect(metrics["needrecord_events_in_hand"] == 0)
            #expect(metrics["needrecord_callbacks_pending"] == 0)
            #expect(metrics["needrecord_rule_revision"] == 1)
            #expect(metrics["needrecord_audit_batch_records_sum"] ?? 0 >= 20)
            #expect(metrics["needrecord_audit_leading"] == 1)
            for part in ["broker", "work_queue", "business_state", "audit_trail"] {
                #expect(metrics["needrecord_part_up{part=\"\(part)\"}"] == 1, "\(part)")
            }
            #expect(metrics.contains { $0.key.hasPrefix("needrecord_build_info{version=") && $0.value == 1 })
            #expect(metrics["process_resident_memory_bytes"] ?? 0 > 1_000_000)

            // Names of streams make no series.
            let names = Set(metrics.keys)
            for number in 100..<120 {
                _ = try await service.ask(CallbackQuestion(app: "b", domain: "b.example", stream: "s\(number)"))
            }
            #expect(Set(try await service.metrics().keys) == names)
        }
    }

    @Test func `A default is counted by its cause, and a part that is away is down`() async throws {
        try await Deployment.with(answerBudget: .milliseconds(300)) { deployment in
            let gateway = try await deployment.start(.gateway)
            _ = try await gateway.ask(.example)
            var metrics: [String: Double] = [:]
            try await eventually("it to be counted") {
                metrics = try await gateway.metrics()
                return metrics[#"needrecord_answer_duration_seconds_count{cause="timeout"}"#] == 1
            }
            #expect(metrics[#"needrecord_callbacks_answered_total{answer="skip",cause="timeout"}"#] == 1)
            #expect(metrics[#"needrecord_answer_duration_seconds_bucket{cause="timeout",le="0.25"}"#] == 0)
            // A gateway measures nothing of other roles.
            #expect(metrics.sum("needrecord_events_taken_total") == 0)
            #expect(!metrics.keys.contains { $0.hasPrefix("needrecord_audit_") || $0.hasPrefix("needrecord_batch") })
        }
    }
}
