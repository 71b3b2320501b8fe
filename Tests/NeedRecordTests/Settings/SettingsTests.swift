import AMQP
import ArgumentParser
import CallbackGateway
import DecisionWorker
import Logging
import OutcomeJournal
import Testing
import Wire

@testable import needrecord

/// Settings read in this process; flags beat whatever its environment holds.
@Suite struct SettingsTests {
    private func settings(_ assignments: String...) throws -> Settings {
        let arguments = ["--amqp-url", "amqp://h/", "--database-url", "postgresql://h/d"]
        return try SettingsOptions.parse(arguments + assignments.flatMap { ["--set", $0] }).settings()
    }

    @Test func `Without anything set the defaults hold, and all are in range`() async throws {
        let settings = try settings()
        #expect(settings.gateway.port == 8_080)
        #expect(settings.gateway.host == "0.0.0.0")
        #expect(settings.gateway.paths == ["/", "/callbacks/on-demand"])
        #expect(settings.gateway.recordingPaths == ["/callbacks/recording"])
        #expect(settings.gateway.ingestPaths == ["/callbacks/ingest"])
        #expect(settings.admissionFile == nil)
        #expect(settings.signatureTolerance == .seconds(300))
        #expect(settings.replayWindow == .seconds(90))
        #expect(settings.topology == Topology())
        #expect(settings.opsHost == "127.0.0.1")
        #expect(settings.opsPort == 8_081)
        #expect(settings.gateway.answerBudget == .seconds(4))
        #expect(settings.topology.answerBudget == .seconds(4))
        #expect(settings.topology.namespace == "needrecord")
        #expect(settings.logLevel == .info)
        #expect(settings.gateway.name == settings.worker.name)
        #expect(!settings.gateway.name.isEmpty)
    }

    /// What an assignment is to change.
    @Test func `A broker that says nothing is left within the budget, unless its URL has more patience`() async throws {
        let settings = try settings()
        #expect(settings.amqp.heartbeat * 2 <= settings.topology.answerBudget)
        #expect(settings.amqp.connectTimeout < settings.topology.answerBudget)
        let patient = try self.settings("amqp.url=amqp://h/?heartbeat=30&connection_timeout=9000")
        #expect(patient.amqp.heartbeat == .seconds(30))
        #expect(patient.amqp.connectTimeout == .seconds(9))
    }

    struct Effect: Sendable {
        let assignment: String
        let read: @Sendable (Settings) -> String
        let value: String

        init(_ assignment: String, _ read: @escaping @Sendable (Settings) -> String, _ value: String) {
            self.assignment = assignment
            self.read = read
            self.value = value
        }
    }

    @Test(arguments: [
        Effect("database.connections=3", { "\($0.databaseConnections)" }, "3"),
        Effect("http.host=127.0.0.2", { $0.gateway.host }, "127.0.0.2"),
        Effect("http.port=0", { "\($0.gateway.port)" }, "0"),
        Effect("http.tlsCertificateFile=/c.pem", { $0.tlsCertificateFile ?? "" }, "/c.pem"),
        Effect("http.tlsKeyFile=/k.pem", { $0.tlsKeyFile ?? "" }, "/k.pem"),
        Effect("http.paths=/a,/b", { "\($0.gateway.paths)" }, #"["/a", "/b"]"#),
        Effect("http.recordingPaths=/c,/d", { "\($0.gateway.recordingPaths)" }, #"["/c", "/d"]"#),
        Effect("http.ingestPaths=/e", { "\($0.gateway.ingestPaths)" }, #"["/e"]"#),
        Effect("http.maxTargetLength=1024", { "\($0.gateway.maximumTargetLength)" }, "1024"),
        Effect("http.maxHeaderLength=1025", { "\($0.gateway.maximumHeaderLength)" }, "1025"),
        Effect("http.maxBodyLength=1026", { "\($0.gateway.maximumBodyLength)" }, "1026"),
        Effect("http.maxConnections=17", { "\($0.gateway.maximumConnections)" }, "17"),
        Effect("http.requestTimeout=100ms", { $0.gateway.requestTimeout.text }, "100ms"),
        Effect("http.idleTimeout=1s", { $0.gateway.idleTimeout.text }, "1s"),
        Effect("ops.host=::1", { $0.opsHost }, "::1"),
        Effect("ops.port=9", { "\($0.opsPort)" }, "9"),
        Effect("answer.budget=3s", { "\($0.gateway.answerBudget.text) \($0.topology.answerBudget.text)" }, "3s 3s"),
        // Of what an answer at the end of the budget has left, a disk that hangs may take half.
        Effect("answer.budget=4500ms", { $0.journal.patience.text }, "250ms"),
        Effect("answer.budget=4600ms", { $0.journal.patience.text }, "200ms"),
        Effect("answer.budget=4900ms", { $0.journal.patience.text }, "50ms"),
        Effect("auth.file=/k", { $0.admissionFile ?? "" }, "/k"),
        Effect("auth.tolerance=60s", { $0.signatureTolerance.text }, "60s"),
        Effect("auth.replayWindow=45s", { $0.replayWindow.text }, "45s"),
        Effect("gateway.name=g", { $0.gateway.name }, "g"),
        Effect("gateway.maxPending=5", { "\($0.gateway.maximumPending)" }, "5"),
        Effect("gateway.brokerGrace=0s", { $0.gateway.brokerGrace.text }, "0s"),
        Effect("gateway.drainDelay=5s", { $0.gateway.drainDelay.text }, "5s"),
        Effect("gateway.lateDecisions=off", { "\($0.gateway.usesLateDecisions)" }, "false"),
        Effect("journal.directory=/j", { $0.journal.directory }, "/j"),
        Effect("journal.sync=group", { $0.journal.sync.rawValue }, "group"),
        Effect("journal.maxBytes=33554433", { "\($0.journal.maximumBytes)" }, "33554433"),
        Effect("worker.name=w", { $0.worker.name }, "w"),
        Effect("worker.prefetch=17", { "\($0.worker.prefetch)" }, "17"),
        Effect("worker.stateGrace=1s", { $0.worker.stateGrace.text }, "1s"),
        Effect("topology.namespace=n", { $0.topology.namespace }, "n"),
        Effect("topology.profile=replicated", { $0.topology.profile.rawValue }, "replicated"),
        Effect("topology.maxQueueLength=6", { "\($0.topology.maximumQueueLength)" }, "6"),
        Effect("topology.callbacksRetentionDays=8", { "\($0.topology.callbacksRetentionDays)" }, "8"),
        Effect("topology.callbacksMaxBytes=100000000", { "\($0.topology.callbacksMaximumBytes)" }, "100000000"),
        Effect("topology.outcomesRetentionDays=9", { "\($0.topology.outcomesRetentionDays)" }, "9"),
        Effect("topology.outcomesMaxBytes=100000001", { "\($0.topology.outcomesMaximumBytes)" }, "100000001"),
        Effect("migrations.directory=/m=n", { $0.migrationsDirectory }, "/m=n"),
        Effect("log.level=debug", { $0.logLevel.rawValue }, "debug"),
        Effect("log.format=json", { $0.logFormat.rawValue }, "json"),
        Effect("log.decisions=info", { $0.gateway.decisionLogLevel.rawValue }, "info"),
        Effect(
            "tracing.endpoint=https://collector:4318/otlp",
            { $0.tracingEndpoint ?? "" },
            "https://collector:4318/otlp"
        ),
        Effect("tracing.sampleRatio=0.25", { "\($0.tracingSampleRatio)" }, "0.25"),
        Effect("log.clients=address", { "\($0.gateway.logsWholeClientAddresses)" }, "true"),
    ])
    func `Each setting does what it says`(effect: Effect) async throws {
        let settings = try settings(effect.assignment)
        #expect(effect.read(settings) == effect.value)
    }

    @Test(arguments: [
        (Setting.databaseConnections, "1", "64", "0", "65"),
        (.httpPort, "0", "65535", "-1", "65536"),
        (.opsPort, "0", "65535", "-1", "65536"),
        (.httpMaxTargetLength, "1024", "65536", "1023", "65537"),
        (.httpMaxHeaderLength, "1024", "65536", "1023", "65537"),
        (.httpMaxBodyLength, "1024", "1048576", "1023", "1048577"),
        (.httpMaxConnections, "1", "1000000", "0", "1000001"),
        (.httpRequestTimeout, "100ms", "60s", "99ms", "60001ms"),
        (.httpIdleTimeout, "1s", "3600s", "999ms", "3601s"),
        (.answerBudget, "100ms", "4900ms", "99ms", "5s"),
        (.authTolerance, "1s", "3600s", "999ms", "3601s"),
        (.authReplayWindow, "1s", "7200s", "999ms", "7201s"),
        (.gatewayMaxPending, "1", "1000000", "0", "1000001"),
        (.gatewayBrokerGrace, "0s", "5s", "-1s", "5001ms"),
        (.workerPrefetch, "1", "4096", "0", "4097"),
        (.gatewayDrainDelay, "0s", "60s", "-1s", "60001ms"),
        (.workerStateGrace, "0s", "5s", "-1s", "5001ms"),
        (.journalMaxBytes, "33554432", "1000000000000", "33554431", "1000000000001"),
        (.auditorRetentionDays, "1", "3650", "0", "3651"),
        (.topologyMaxQueueLength, "1", "10000000", "0", "10000001"),
        (.topologyCallbacksRetentionDays, "1", "3650", "0", "3651"),
        (.topologyCallbacksMaxBytes, "100000000", "100000000000000", "99999999", "100000000000001"),
        (.topologyOutcomesRetentionDays, "1", "3650", "0", "3651"),
        (.topologyOutcomesMaxBytes, "100000000", "100000000000000", "99999999", "100000000000001"),
    ])
    func `A range holds its ends and nothing beyond`(
        setting: Setting,
        lowest: String,
        highest: String,
        below: String,
        above: String
    ) async throws {
        for value in [lowest, highest] { _ = try settings("\(setting.key)=\(value)") }
        for value in [below, above] {
            let error = #expect(throws: SettingError.self) { try settings("\(setting.key)=\(value)") }
            #expect(error?.description.contains(setting.key) == true)
            #expect(error?.description.contains("\"\(value)\"") == true)
        }
    }

    @Test(arguments: [
        ("http.paths=/x", "http.recordingPaths=/y,/x", Setting.httpRecordingPaths, "http.paths"),
        ("http.paths=/x,/y", "http.ingestPaths=/x", .httpIngestPaths, "http.paths"),
        ("http.recordingPaths=/x", "http.ingestPaths=/x", .httpIngestPaths, "http.recordingPaths"),
        ("http.paths=/callbacks/ingest", "http.port=1", .httpIngestPaths, "http.paths"),
    ])
    func `A path takes one kind of callback`(
        first: String,
        second: String,
        setting: Setting,
        other: String
    ) async throws {
        let error = try #require(#expect(throws: SettingError.self) { try settings(first, second) })
        #expect(error.description.hasPrefix("\(setting.key) (\(setting.environmentVariable)) is \""))
        #expect(error.description.hasSuffix("which \(other) has"))
    }

    @Test func `A path may be named twice in one list`() async throws {
        #expect(try settings("http.ingestPaths=/x,/x").gateway.ingestPaths == ["/x", "/x"])
    }

    @Test(arguments: ["nothing=1", "http.prot=1", "HTTP.PORT=1", "http.port", "", "=", "amqp=1"])
    func `An unknown key is refused`(assignment: String) async throws {
        let error = #expect(throws: SettingError.self) { try settings(assignment) }
        #expect(error?.description.contains("no such setting") == true)
    }
}
