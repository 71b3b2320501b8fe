import DecisionCore
import Foundation
import Postgres
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct RebuildCommandTests {
    @Test func `Rows that were lost come back while an auditor is running`() async throws {
        try await BrokerStage.with { stage in
            let now = Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
            try await stage.publish(
                (1...3).map { number in
                    let notice = Notice(
                        id: EventID(
                            high: UInt64(now.millisecondsSinceEpoch) << 16 | 0x7000,
                            low: 1 << 63 | UInt64(number)
                        ),
                        receivedAt: now,
                        content: .recordingStatus(
                            RecordingStatus(domain: "d", app: "a", stream: "s\(number)", event: .started)
                        )
                    )
                    return NoticeMessage.message(for: notice, topology: stage.topology, sender: "gw-1")
                }
            )
            func count() async throws -> Int {
                try await stage.database.withConnection(role: "needrecord_reader") { connection in
                    try await connection.query("SELECT count(*) FROM needrecord.recording_statuses")[0].decode(Int.self)
                }
            }
            let early = try await stage.run("rebuild")
            #expect(early.status == 1)
            #expect(early.text.contains("no auditor has read any"), "\(early.text)")

            let auditor = try ServiceProcess.start(["auditor"], environment: stage.settings)
            try await eventually("three rows") { try await count() == 3 }
            try await stage.database.withConnection { owner in
                try await owner.simpleQuery("DELETE FROM needrecord.recording_statuses WHERE stream <> 's2'")
            }
            let run = try await stage.run("rebuild", "--wait")
            #expect(run.status == 0, "\(run.text)")
            #expect(run.text.contains("again, from 0 to 2\n"), "\(run.text)")
            #expect(run.text.hasSuffix("read to 2\n"), "\(run.text)")
            #expect(try await count() == 3)
            #expect(try await auditor.status().counters["audit.missed"] == 0)
            #expect(try await auditor.stop() == 0)
        }
    }

    @Test func `Servers that are away are told`() async throws {
        let run = try await NeedRecordRun.run("rebuild")
        #expect(run.status == 1)
        #expect(run.text.contains("the broker: "), "\(run.text)")
    }
}
