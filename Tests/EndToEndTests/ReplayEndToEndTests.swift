import DecisionCore
import Foundation
import PlatformSimulator
import Postgres
import StreamReading
import TestSupport
import Testing
import Wire

/// Callbacks of the past, decided again: without sending anything, and through the queue.
@Suite(.timeLimit(.minutes(5))) struct ReplayEndToEndTests {
    /// A service that has answered callbacks, and the time in which it did.
    private struct Past {
        let deployment: Deployment
        let service: ServiceProcess
        let from: String
        let to: String

        /// Replays what was asked.
        func replay(_ arguments: String...) async throws -> (status: Int32, text: String, json: [String: Any]) {
            let (status, text) = try await deployment.output(
                of: ["replay", "--from", from, "--to", to, "--output", "json"] + arguments
            )
            let lines = text.split(separator: "\n").map(String.init)
            let json = lines.first { $0.hasPrefix("{") }.flatMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            return (status, text, json ?? [:])
        }

        func count(_ query: PostgresQuery) async throws -> Int {
            try await deployment.database.withConnection(role: "needrecord_reader") { connection in
                try await connection.query(query)[0].decode(Int.self, at: 0)
            }
        }
    }

    /// Asks about the streams a0... and b0..., so many of each.
    private static func withPast(
        _ count: Int,
        quota: Bool = false,
        _ body: (Past) async throws -> Void
    ) async throws {
        try await Deployment.with { deployment in
            if quota {
                try await deployment.run("quotas", "set", "many", "--scope", "domain", "--concurrent", "1000")
                try await deployment.run("rules", "add", "--name", "all", "--record", "--quota", "many")
            } else {
                try await deployment.run("rules", "add", "--name", "all", "--record", "--format", "mp4")
            }
            let service = try await deployment.start(.serve)
            let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
            let client = PlatformClient(target: try await service.target())
            for number in 0..<count {
                for kind in ["a", "b"] {
                    let question = CallbackQuestion(app: "live", domain: "play.example.com", stream: "\(kind)\(number)")
                    let answer = try await client.ask(question, logger: ProductDatabase.logger)
                    #expect(answer.verdict == .record)
                }
            }
            try await eventually("every outcome to be kept") {
                try await service.status().counters["audit.outcomes"] == 2 * count
            }
            let end = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000) + 1)
            try await body(
                Past(deployment: deployment, service: service, from: now.description, to: end.description)
            )
        }
    }

    @Test func `Unchanged rules change nothing, changed ones exactly what they are about`() async throws {
        try await Self.withPast(40) { past in
            for source in ["stream", "trail"] {
                let same = try await past.replay("--source", source)
                #expect(same.status == 0, "\(same.text)")
                #expect(same.json["selected"] as? Int == 80)
                #expect(same.json["same"] as? Int == 80)
                #expect(same.json["different"] as? Int == 0)
            }
            let before = try await past.deployment.run("rules", "list")
            #expect(before.contains("all"))

            try await past.deployment.run("rules", "add", "--stream", "a*", "--skip")
            try await past.deployment.run(
                "rules",
                "add",
                "--stream",
                "b?",
                "--record",
                "--format",
                "mp4",
                "--format",
                "flv"
            )
            let changed = try await past.replay("--limit", "1000")
            #expect(changed.status == 3, "\(changed.text)")
            #expect(changed.json["selected"] as? Int == 80)
            let changes = try #require(changed.json["changes"] as? [String: Int])
            #expect(changes == ["now_recorded": 0, "no_longer_recorded": 40, "formats": 10, "intervals": 0])
            let differences = try #require(changed.json["differences"] as? [[String: Any]])
            let streams = Set(differences.compactMap { $0["stream"] as? String })
            #expect(streams == Set((0..<40).map { "a\($0)" } + (0..<10).map { "b\($0)" }))

            let onlyB = try await past.replay("--stream", "b*", "--domain", "play.example.com", "--app", "l*")
            #expect(onlyB.json["selected"] as? Int == 40)
            #expect(onlyB.json["different"] as? Int == 10)

            // The rules as they stood.
            let then = try await past.replay("--revision", "1")
            #expect(then.status == 0, "\(then.text)")
            #expect(then.json["different"] as? Int == 0)
        }
    }

    @Test func `A file that is not yet published says what it would change`() async throws {
        try await Self.withPast(10) { past in
            let path = FileManager.default.temporaryDirectory.appendingPathComponent("rules-\(UUID().uuidString).yaml")
            defer { try? FileManager.default.removeItem(at: path) }
            let text = """
                set: default
                rules:
                  - stream: "a*"
                    skip: true
                  - name: all
                    record: { formats: [mp4], intervals: { mp4: 60 } }
                """
            try Data(text.utf8).write(to: path)
            let run = try await past.replay("--rules", path.path)
            #expect(run.status == 3, "\(run.text)")
            let changes = try #require(run.json["changes"] as? [String: Int])
            #expect(changes == ["now_recorded": 0, "no_longer_recorded": 10, "formats": 0, "intervals": 10])
            #expect(try await past.replay().json["different"] as? Int == 0)
        }
    }

    @Test func `What was answered with the default is decided, and so is what nobody answered`() async throws {
        try await Deployment.with(answerBudget: .seconds(3)) { deployment in
            try await deployment.recordEverything()
            let journal = TemporaryDirectory()
            let settings = ["NEEDRECORD_JOURNAL_DIRECTORY": journal.path]
            let gateway = try await deployment.start(.gateway, settings: settings)
            let start = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
            let fallback = try await gateway.ask(.example)
            #expect(fallback.text == DocumentedAnswer.doNotRecord)
            // Its gateway is killed before it answers, and after the broker has the event.
            let unanswered = Task { try await gateway.ask(CallbackQuestion(app: "a", domain: "d", stream: "lost")) }
            try await ProductBroker.withConnection { connection in
                let stream = deployment.topology.callbacksStream
                let probe = StreamProbe(connection: connection, stream: stream, patience: .milliseconds(200))
                try await eventually("the callback to be in the stream") { try await probe.last()?.offset == 1 }
            }
            gateway.process.signal(SIGKILL)
            _ = try? await unanswered.value
            try await deployment.start(.gateway, settings: settings).stop()
            let auditor = try await deployment.start(.auditor)
            try await eventually("the outcome") { try await auditor.status().counters["audit.outcomes"] == 1 }
            let end = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000) + 1)
            let past = Past(
                deployment: deployment,
                service: auditor,
                from: start.description,
                to: end.description
            )
            let all = try await past.replay()
            #expect(all.status == 3, "\(all.text)")
            #expect(all.json["selected"] as? Int == 2)
            #expect(all.json["fallbacks"] as? Int == 1)
            #expect(all.json["unanswered"] as? Int == 1)
            #expect((all.json["changes"] as? [String: Int])?["now_recorded"] == 1)
            let late = try await past.replay("--cause", "timeout")
            #expect(late.json["selected"] as? Int == 1)
            let lost = try await past.replay("--cause", "unanswered")
            #expect(lost.status == 0, "\(lost.text)")
            #expect(lost.json["unanswered"] as? Int == 1)
            #expect(lost.json["to_record"] as? Int == 1)
        }
    }

    @Test func `Through the queue each event is decided once, nobody is answered, and the trail says who`() async throws
    {
        try await Self.withPast(20, quota: true) { past in
            let reservations = try await past.count("SELECT count(*) FROM needrecord.reservations")
            #expect(reservations == 40)
            try await past.deployment.database.withConnection { owner in
                try await owner.simpleQuery("DELETE FROM needrecord.reservations")
            }
            try await past.deployment.run("rules", "add", "--stream", "a*", "--skip")
            let run = try await past.replay("--publish", "--reason", "try it", "--operator", "ann", "--rate", "1000")
            #expect(run.status == 0, "\(run.text)")
            #expect(run.json["selected"] as? Int == 40)
            #expect(run.json["decided"] as? Int == 40)
            #expect((run.json["changes"] as? [String: Int])?["no_longer_recorded"] == 20)
            let replay = try #require(run.json["replay"] as? String)
            try await eventually("the trail to know") {
                try await past.count(
                    """
                    SELECT count(*) FROM needrecord.replays
                    WHERE state = 'complete' AND operator = 'ann' AND reason = 'try it' AND runs = 1 AND events = 40
                        AND decided = 40 AND to_record = 20 AND NOT charges_quotas AND replay = \(replay)::uuid
                    """
                ) == 1
            }
            #expect(
                try await past.count(
                    """
                    SELECT count(*) FROM needrecord.replay_results
                    WHERE replay = \(replay)::uuid AND is_different = starts_with(stream, 'a')
                        AND first_cause = 'decided' AND first_need_record AND cause = 'decided'
                        AND need_record = starts_with(stream, 'b') AND event_id <> replay_of
                    """
                ) == 40
            )
            // Neither an answer nor a callback more, and no quota was charged.
            let counters = try await past.service.status().counters
            #expect(counters["callbacks.received"] == 40)
            #expect(counters["audit.outcomes"] == 40)
            #expect(counters["events.replayed"] == 40)
            #expect(try await past.count("SELECT count(*) FROM needrecord.reservations") == 0)
            #expect(try await past.replay("--revision", "2").json["selected"] as? Int == 40)

            let list = try await past.deployment.run("audit", "replays", "--output", "csv")
            #expect(list.contains("\(replay),"))
            let results = try await past.deployment.run(
                "audit",
                "replays",
                "--replay",
                replay,
                "--different",
                "--output",
                "json"
            )
            #expect(results.split(separator: "\n").count == 20)

            let charged = try await past.replay("--stream", "b*", "--publish", "--reason", "b", "--charge-quotas")
            #expect(charged.status == 0, "\(charged.text)")
            #expect(try await past.count("SELECT count(*) FROM needrecord.reservations") == 20)
        }
    }

    @Test func `A replay that is stopped goes on where it was`() async throws {
        try await Self.withPast(50) { past in
            let environment = try past.deployment.environment
            let process = try ChildProcess(
                TestEnvironment.executable(),
                [
                    "replay", "--from", past.from, "--to", past.to, "--publish", "--reason", "stop it", "--rate", "10",
                ],
                environment: environment
            )
            try await eventually("some events to be replayed") {
                try await past.service.status().counters["events.replayed"] ?? 0 >= 10
            }
            process.signal(SIGINT)
            #expect(try await process.wait() == 1)
            let text = process.text
            #expect(text.contains("this is not all that was selected"))
            let replay = try #require(text.firstMatch(of: /--resume ([0-9a-f-]{36})/)?.1)
            try await eventually("the trail to know") {
                try await past.count(
                    "SELECT count(*) FROM needrecord.replays WHERE state = 'stopped' AND events BETWEEN 10 AND 99"
                ) == 1
            }
            let rest = try await past.deployment.output(of: [
                "replay", "--resume", String(replay), "--rate", "1000", "--operator", "bob",
            ])
            #expect(rest.status == 0, "\(rest.text)")
            try await eventually("the whole replay") {
                try await past.count(
                    """
                    SELECT count(*) FROM needrecord.replays
                    WHERE state = 'complete' AND runs = 2 AND events = 100 AND decided = 100
                    """
                ) == 1
            }
            #expect(try await past.count("SELECT count(*) FROM needrecord.replayed_events") == 100)
            #expect(try await past.count("SELECT count(*) FROM needrecord.replay_runs WHERE operator = 'bob'") == 1)

            let unknown = try await past.deployment.output(of: ["replay", "--resume", past.service.anyEventID])
            #expect(unknown.status == 1)
            #expect(unknown.text.contains("knows no replay"))
        }
    }

    @Test func `A replay that loses the database says so in the trail, and goes on where it was`() async throws {
        try await Self.withPast(50) { past in
            // So that the database is asked how long the pushes lasted that are answered otherwise.
            try await past.deployment.run("rules", "add", "--stream", "a*", "--skip")
            let process = try ChildProcess(
                TestEnvironment.executable(),
                [
                    "replay", "--from", past.from, "--to", past.to, "--publish", "--reason", "lose it", "--rate", "40",
                ],
                environment: try past.deployment.environment
            )
            try await past.deployment.database.withConnection { owner in
                try await eventually("the connection that measures pushes to be cut") {
                    // By the name of a command's connections: tests ask for the same words.
                    try await owner.query(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND query LIKE '%needrecord.push_gap()%'
                            AND application_name = 'needrecord'
                        """
                    ).count == 1
                }
            }
            #expect(try await process.wait() == 1)
            let text = process.text
            #expect(text.contains("the database: "), "\(text)")
            let replay = try #require(text.firstMatch(of: /--resume ([0-9a-f-]{36})/)?.1, "\(text)")
            try await eventually("the trail to know") {
                try await past.count("SELECT count(*) FROM needrecord.replays WHERE state = 'stopped' AND events > 0")
                    == 1
            }
            let rest = try await past.deployment.output(of: ["replay", "--resume", String(replay), "--rate", "1000"])
            #expect(rest.status == 0, "\(rest.text)")
            try await eventually("the whole replay") {
                try await past.count(
                    """
                    SELECT count(*) FROM needrecord.replays
                    WHERE state = 'complete' AND runs = 2 AND events = 100 AND decided = 100
                    """
                ) == 1
            }
            #expect(try await past.count("SELECT count(*) FROM needrecord.replayed_events") == 100)
        }
    }
}

extension ServiceProcess {
    /// An id that no replay has.
    fileprivate var anyEventID: String { "01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b" }
}
