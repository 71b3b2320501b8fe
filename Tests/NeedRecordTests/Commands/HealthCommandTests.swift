import Glibc
import TestSupport
import Testing

@testable import needrecord

/// How a container is asked for its health.
@Suite(.timeLimit(.minutes(1))) struct HealthCommandTests {
    @Test func `A process that lives is well, whatever it lacks`() async throws {
        let service = try ServiceProcess.start(
            ["gateway"],
            environment: ["NEEDRECORD_AMQP_URL": NeedRecordRun.absentBroker, "NEEDRECORD_GATEWAY_DRAIN_DELAY": "8s"]
        )
        let port = String(try await service.opsPort())
        let live = try await NeedRecordRun.run("health", "--ops-port", port)
        #expect(live.status == 0)
        #expect(live.json?["status"] as? String == "ok")
        // Without its broker it answers all the same.
        let ready = try await NeedRecordRun.run("health", "--ready", settings: ["NEEDRECORD_OPS_PORT": port])
        #expect(ready.status == 0)
        #expect(ready.json?["status"] as? String == "degraded")

        service.process.signal(SIGTERM)
        try await eventually("it to leave") {
            try await NeedRecordRun.run("health", "--ready", "--ops-port", port).json?["status"] as? String
                == "stopping"
        }
        let leaving = try await NeedRecordRun.run("health", "--ready", "--ops-port", port)
        #expect(leaving.status == 1)
        #expect(try await NeedRecordRun.run("health", "--ops-port", port).status == 0)
        #expect(try await service.process.wait() == 0)
    }

    @Test func `Where nobody answers, it is not well`() async throws {
        let run = try await NeedRecordRun.run("health", "--ops-port", "1", "--set", "ops.host=0.0.0.0")
        #expect(run.status == 1)
        #expect(run.text.contains("needrecord: no answer from http://127.0.0.1:1/health/live"), "\(run.text)")
    }
}
