import DecisionCore
import Foundation
import TestSupport
import Testing
import Wire

@Suite struct ReplayCommandTests {
    private static let id = "01a21730-edf9-7c41-9b0f-6a1d2e3f4a5b"

    @Test(
        arguments: [
            ([], "say which callbacks"),
            (["--to", "1h"], "say --from"),
            (["--from", "1h", "--to", "2h"], "is not before"),
            (["--from-offset", "5"], "--to-offset"),
            (["--from-offset", "5", "--to-offset", "5"], "--to-offset"),
            (["--from", "1h", "--from-offset", "1", "--to-offset", "2"], "a span of time or of offsets"),
            (["--source", "trail", "--from-offset", "1", "--to-offset", "2"], "no offsets"),
            (["--from", "1h", "--source", "trail", "--cause", "unanswered"], "not in the audit trail"),
            (["--from", "1h", "--cause", "luck"], "--cause must be one of decided"),
            (["--from", "1h", "--stream", ""], "--stream is empty"),
            (["--from", "1h", "--publish"], "wants a --reason"),
            (["--from", "1h", "--publish", "--reason", "x", "--revision", "1"], "on the rules of now"),
            (["--from", "1h", "--reason", "x"], "are for --publish"),
            (["--from", "1h", "--rate", "5"], "are for --publish"),
            (["--from", "1h", "--charge-quotas"], "are for --publish"),
            (["--from", "1h", "--publish", "--reason", "x", "--rate", "0"], "--rate must be"),
            (["--resume", "x"], "id of a replay"),
            (["--resume", id, "--from", "1h"], "what was selected"),
            (["--resume", id, "--charge-quotas"], "what was selected"),
            (["--from", "1h", "--revision", "1", "--as-of", "2026-11-26T09:00:00Z"], "say the same"),
            (["--from", "1h", "--as-of", "yesterday"], "--as-of must be"),
        ] as [([String], String)]
    )
    func `A command line that cannot be meant is refused`(arguments: [String], named: String) async throws {
        let run = try await NeedRecordRun.run(["replay"] + arguments)
        #expect(run.status == 64, "\(run.text)")
        #expect(run.text.contains(named), "\(run.text)")
    }

    @Test func `A window without callbacks has no differences`() async throws {
        try await BrokerStage.with { stage in
            for source in ["stream", "trail"] {
                let run = try await stage.run("replay", "--from", "1h", "--source", source, "--output", "json")
                #expect(run.status == 0, "\(run.text)")
                #expect(run.json?["selected"] as? Int == 0)
                #expect(run.json?["complete"] as? Bool == true)
            }
        }
    }

    @Test func `Offsets of the stream are read from one to before the other`() async throws {
        try await BrokerStage.with { stage in
            let events = (0..<5).map { number in
                StreamEvent(
                    id: EventID(high: 0x01A2_1730_EDF9_7000, low: 1 << 63 | UInt64(number)),
                    receivedAt: Timestamp(millisecondsSinceEpoch: 1_795_000_000_000),
                    domain: "d",
                    app: "a",
                    stream: "s\(number)"
                )
            }
            let run = GatewayRun(gateway: "gw-1", id: EventID(high: 0x018B_CFE5_6800_7FFF, low: 1 << 63))
            try await stage.publish(
                events.map { event in
                    EventRequest.message(
                        event: event,
                        body: event.encodedBody(),
                        replyTo: "nobody",
                        deadline: event.receivedAt,
                        remaining: .milliseconds(1),
                        topology: stage.topology,
                        run: run
                    )
                }
            )
            let middle = try await stage.run(
                "replay",
                "--from-offset",
                "1",
                "--to-offset",
                "4",
                "--output",
                "json"
            )
            #expect(middle.status == 0, "\(middle.text)")
            #expect(middle.json?["unanswered"] as? Int == 3)
            let beyond = try await stage.run(
                "replay",
                "--from-offset",
                "3",
                "--to-offset",
                "100",
                "--output",
                "json"
            )
            #expect(beyond.json?["selected"] as? Int == 2)
        }
    }

    @Test func `The audit trail can be replayed while the broker is away`() async throws {
        try await ProductDatabase.with { database in
            let trail = try await NeedRecordRun.run(
                "replay",
                "--from",
                "1h",
                "--source",
                "trail",
                settings: database.settings
            )
            #expect(trail.status == 0, "\(trail.text)")
            let stream = try await NeedRecordRun.run("replay", "--from", "1h", settings: database.settings)
            #expect(stream.status == 1)
            #expect(stream.text.contains("the broker"))
        }
    }
}
