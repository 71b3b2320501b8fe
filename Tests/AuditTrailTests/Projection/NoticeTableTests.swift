import AMQP
import DecisionCore
import Postgres
import TestSupport
import Testing
import Wire

@testable import AuditTrail

/// What is written of a notice, and who may read and write it.
@Suite(.timeLimit(.minutes(1))) struct NoticeTableTests {
    private static let store = ProjectionStore(stream: "s")

    /// Writes notices as an auditor, at the place that the last ones have left.
    private func write(_ notices: [Notice], at offset: Int64 = 0, to database: ProductDatabase) async throws
        -> AuditorCounters
    {
        let topology = Topology(namespace: "n")
        let deliveries = notices.enumerated().map {
            AMQPDelivery.of($1.message(topology), offset: offset + Int64($0))
        }
        return try await database.withConnection(role: "needrecord_auditor") { connection in
            let position = try await Self.store.position(on: connection)
            #expect(position.next == offset)
            let batch = try ProjectionBatch(deliveries, after: position, topology: topology, auditor: "a", now: .now())
            return try await Self.store.write(batch, on: connection).counters
        }
    }

    private func json(_ table: String, in database: ProductDatabase) async throws -> [String] {
        try await database.withConnection(role: "needrecord_reader") { connection in
            try await connection.query(
                PostgresQuery(unescaped: "SELECT to_jsonb(t) FROM needrecord.\(table) AS t ORDER BY event_id")
            ).map { try $0.decode(PostgresJSON.self).text }
        }
    }

    @Test func `Every word of a notice is in its row`() async throws {
        let ingest = IngestStatus(
            action: .publish,
            ingestDomain: "push.test.com",
            app: "test123",
            stream: "teststream",
            time: 1_700_000_100,
            clientIP: "192.0.2.1",
            pushArguments: "a=1&auth_key=x",
            node: "node-1",
            height: 720,
            width: 1_280
        )
        try await ProductDatabase.with { database in
            let counters = try await write(
                [
                    .status(1, RecordingStatus.Event(rawValue: "something else")), .file(2),
                    Notice(id: .number(3), receivedAt: .example, content: .ingest(ingest)), .ingest(4),
                ],
                to: database
            )
            #expect(counters.recordingStatuses == 1)
            #expect(counters.recordedFiles == 1)
            #expect(counters.ingestStatuses == 2)
            #expect(counters.repeated == 0)
            func id(_ number: Int) -> String { EventID.number(number).description }
            let came = #""received_at": "2023-11-14T22:13:20+00:00""#
            #expect(
                try await json("recording_statuses", in: database) == [
                    #"{"app": "test123", "event": "something else", "domain": "test.com", "stream": "teststream", "#
                        + #""event_id": "\#(id(1))", \#(came)}"#
                ]
            )
            #expect(
                try await json("recorded_files", in: database) == [
                    #"{"app": "test123", "uri": "test123/teststream/2.flv", "domain": "test.com", "#
                        + #""stream": "teststream", "event_id": "\#(id(2))", "stop_time": "2023-11-14T22:14:14+00:00", "#
                        + #""start_time": "2023-11-14T22:13:20+00:00", "duration_ms": 69403, \#(came), "#
                        + #""push_arguments": {"callback_args1": "value \"1\""}}"#
                ]
            )
            #expect(
                try await json("ingest_statuses", in: database) == [
                    #"{"app": "test123", "node": "node-1", "width": 1280, "action": "publish", "height": 720, "#
                        + #""stream": "teststream", "event_id": "\#(id(3))", "client_ip": "192.0.2.1", "#
                        + #""happened_at": "2023-11-14T22:15:00+00:00", \#(came), "ingest_domain": "push.test.com", "#
                        + #""push_arguments": "a=1&auth_key=x"}"#,
                    #"{"app": "test123", "node": null, "width": null, "action": "publish_done", "height": null, "#
                        + #""stream": "teststream", "event_id": "\#(id(4))", "client_ip": null, "#
                        + #""happened_at": "2023-11-14T22:15:00+00:00", \#(came), "ingest_domain": "test.com", "#
                        + #""push_arguments": null}"#,
                ]
            )
        }
    }

    @Test func `The database takes whatever a message may say`() async throws {
        // Not two letters are alike for long: an index entry must not depend on being compressed.
        var generator = SeededGenerator(seed: 1)
        func noise(_ length: Int) -> String {
            String((0..<length).map { _ in Character(Unicode.Scalar(UInt8.random(in: 1...127, using: &generator))) })
        }
        let file = RecordedFile(
            domain: noise(255),
            app: noise(255),
            stream: noise(255),
            uri: noise(RecordedFile.maximumURILength),
            durationMilliseconds: RecordedFile.maximumDuration,
            startTime: Notice.timeRange.lowerBound,
            stopTime: Notice.timeRange.upperBound,
            pushArguments: Dictionary(
                uniqueKeysWithValues: (0..<RecordedFile.maximumPushArguments).map { ("\($0)" + noise(200), noise(100)) }
            )
        )
        let ingest = IngestStatus(
            action: .publishDone,
            ingestDomain: noise(255),
            app: noise(255),
            stream: noise(255),
            time: Notice.timeRange.upperBound,
            clientIP: noise(255),
            pushArguments: noise(100_000),
            node: noise(255),
            height: 65_535,
            width: 0
        )
        let status = RecordingStatus(
            domain: noise(255),
            app: noise(255),
            stream: noise(255),
            event: RecordingStatus.Event(rawValue: noise(255))
        )
        let latest = Timestamp(millisecondsSinceEpoch: Notice.timeRange.upperBound * 1_000)
        try await ProductDatabase.with { database in
            let counters = try await write(
                [
                    Notice(id: .number(1), receivedAt: latest, content: .recordedFile(file)),
                    Notice(id: .number(2), receivedAt: latest, content: .ingest(ingest)),
                    Notice(id: .number(3), receivedAt: latest, content: .recordingStatus(status)),
                    .status(4, receivedAt: Timestamp(millisecondsSinceEpoch: 0)),
                    Notice(
                        id: .number(5),
                        receivedAt: .example,
                        content: .recordedFile(
                            RecordedFile(
                                domain: "é",
                                app: "{\"},\\N",
                                stream: "NULL",
                                uri: "'",
                                durationMilliseconds: 0,
                                startTime: 9,
                                stopTime: 8
                            )
                        )
                    ),
                ],
                to: database
            )
            #expect(counters.recordedFiles == 2)
            #expect(counters.ingestStatuses == 1)
            #expect(counters.recordingStatuses == 2)
            try await database.withConnection { owner in
                let row = try await owner.query(
                    "SELECT app, stream, uri, push_arguments::text FROM needrecord.recorded_files WHERE domain = 'é'"
                )[0].decode((String, String, String, String).self)
                #expect(row == ("{\"},\\N", "NULL", "'", "{}"))
                let names = try await owner.query(
                    "SELECT domain, uri FROM needrecord.recorded_files WHERE duration_ms > 0"
                )[0].decode((String, String).self)
                #expect(names == (file.domain, file.uri))
            }
        }
    }

    @Test func `A file is known by its content, a status by its id, and the first one wins`() async throws {
        try await ProductDatabase.with { database in
            let first = try await write([.file(1), .file(2, file: 1), .status(3), .status(4)], to: database)
            #expect(first.recordedFiles == 1)
            #expect(first.recordingStatuses == 2)
            #expect(first.repeated == 1)
            let second = try await write(
                [.file(1), .file(5, file: 1), .file(6), .status(3), .status(7), .status(7)],
                at: 4,
                to: database
            )
            #expect(second.recordedFiles == 1)
            #expect(second.recordingStatuses == 1)
            #expect(second.repeated == 4)
            let files = try await database.withConnection { owner in
                try await owner.query("SELECT event_id FROM needrecord.recorded_files ORDER BY event_id")
                    .map { try $0.decode(String.self) }
            }
            #expect(files == [EventID.number(1).description, EventID.number(6).description])
        }
    }

    @Test func `A batch that does not begin at the stored place is not written`() async throws {
        try await ProductDatabase.with { database in
            _ = try await write([.status(1)], to: database)
            let topology = Topology(namespace: "n")
            let batch = try ProjectionBatch(
                [.of(Notice.status(2).message(topology), offset: 0)],
                after: .beginning,
                topology: topology,
                auditor: "a",
                now: .now()
            )
            try await database.withConnection(role: "needrecord_auditor") { connection in
                await #expect(throws: AuditorError(.offsetMoved, "it is not at 0")) {
                    try await Self.store.write(batch, on: connection)
                }
                let position = try await Self.store.position(on: connection)
                #expect(position == StreamPosition(next: 1, lastMessage: EventID.number(1).description))
            }
            let count = try await database.withConnection { owner in
                try await owner.query("SELECT count(*) FROM needrecord.recording_statuses")[0].decode(Int.self)
            }
            #expect(count == 1)
        }
    }

    @Test func `Each stream has a lock and a place of its own`() async throws {
        try await ProductDatabase.with { database in
            _ = try await write([.status(1)], to: database)
            try await database.withConnection(role: "needrecord_auditor") { one in
                try await database.withConnection(role: "needrecord_auditor") { other in
                    let elsewhere = ProjectionStore(stream: "elsewhere")
                    let locks = [
                        try await Self.store.takeLock(on: one), try await Self.store.takeLock(on: other),
                        try await elsewhere.takeLock(on: other),
                    ]
                    #expect(locks == [true, false, true])
                    let position = try await elsewhere.position(on: other)
                    #expect(position == .beginning)
                }
            }
        }
    }

    // MARK: - Privileges

    private static let tables = ["recording_statuses", "recorded_files", "ingest_statuses", "projections"]

    @Test(arguments: ["needrecord_worker", "needrecord_auditor", "needrecord_operator", "needrecord_reader"])
    func `Only the auditor writes, and what is written stays as it is`(role: String) async throws {
        try await ProductDatabase.with { database in
            try await database.withConnection { owner in
                for table in Self.tables {
                    var allowed: Set<String> = []
                    for privilege in ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"] {
                        let isAllowed = try await owner.query(
                            "SELECT has_table_privilege(\(role)::name, \("needrecord.\(table)"), \(privilege))"
                        )[0].decode(Bool.self)
                        if isAllowed { allowed.insert(privilege) }
                    }
                    let expected: Set<String> =
                        switch (role, table) {
                        case ("needrecord_auditor", "projections"): ["SELECT", "INSERT", "UPDATE"]
                        case ("needrecord_auditor", _): ["INSERT"]
                        case ("needrecord_worker", _): []
                        default: ["SELECT"]
                        }
                    #expect(allowed == expected, "\(role) on \(table)")
                }
            }
        }
    }
}
