import AMQP
import DecisionCore
import Postgres
import Testing
import Wire

@testable import AuditTrail

@Suite struct ProjectionBatchTests {
    private let topology = Topology(namespace: "n")

    private func batch(
        _ deliveries: [AMQPDelivery],
        next: Int64 = 0,
        lastMessage: String? = nil
    ) throws -> ProjectionBatch {
        try ProjectionBatch(
            deliveries,
            after: StreamPosition(next: next, lastMessage: lastMessage),
            topology: topology,
            auditor: "auditor-1",
            now: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        )
    }

    /// A message of the type of a recording callback.
    private func message(_ body: String, type: String? = Topology.recordingKey, id: String? = "m") -> AMQPMessage {
        AMQPMessage(
            exchange: "n",
            routingKey: Topology.recordingKey,
            properties: AMQPProperties(messageID: id, type: type),
            body: Array(body.utf8)
        )
    }

    private func reason(_ letter: AMQPMessage?) -> String? {
        letter?.properties.headers[DeadLetter.reasonHeader]?.stringValue
    }

    @Test func `Notices of all kinds are taken in the order of the stream`() throws {
        let notices: [Notice] = [.ingest(1, .publish), .status(2), .file(3), .status(4, .paused), .ingest(5)]
        let deliveries = notices.enumerated().map { AMQPDelivery.of($1.message(topology), offset: Int64($0)) }
        let batch = try batch(deliveries)
        #expect(batch.notices == notices)
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.previousOffset == 0)
        #expect(batch.position.next == 5)
        #expect(!batch.isEmpty)
    }

    @Test func `What is older than anything is kept is counted, and not written`() throws {
        let old = Notice.status(1, receivedAt: Timestamp(millisecondsSinceEpoch: 1_699_999_999_999))
        var oldOutcome = Outcome.number(3)
        oldOutcome.event.id = EventID(high: oldOutcome.event.id.high - 1 << 16, low: oldOutcome.event.id.low)
        let records: [AuditRecord] = [.outcome(oldOutcome), .outcome(.number(4))]
        let batch = try ProjectionBatch(
            [
                .of(old.message(topology), offset: 0), .of(Notice.status(2).message(topology), offset: 1),
                .of(records.message(topology), offset: 2),
            ],
            after: .beginning,
            topology: topology,
            auditor: "auditor-1",
            now: .example,
            keptFrom: .example
        )
        #expect(batch.notices == [.status(2)])
        #expect(batch.records == [.outcome(.number(4))])
        #expect(batch.outdated == 2)
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.position.next == 3)
        #expect(try batch.split().map(\.outdated) == [1, 0, 1])
    }

    @Test func `What was read before is skipped, understood or not`() throws {
        let batch = try batch(
            [
                .of(message("nonsense"), offset: 4),
                .of(Notice.status(1).message(topology), offset: 5),
                .of(Notice.status(2).message(topology), offset: 6),
            ],
            next: 6
        )
        #expect(batch.notices == [.status(2)])
        #expect(batch.deadLetters.isEmpty)
        #expect(batch.previousOffset == 6)
        #expect(batch.position.next == 7)
        #expect(batch.missed == 0)
    }

    @Test func `A batch of nothing but what was read before is empty`() throws {
        let batch = try batch([.of(Notice.status(1).message(topology), offset: 5)], next: 6)
        #expect(batch.isEmpty)
        #expect(batch.notices.isEmpty)
        #expect(batch.position.isConfirmed)
    }

    @Test func `What retention has removed is said`() throws {
        let batch = try batch([.of(Notice.status(1).message(topology), offset: 10)], next: 6, lastMessage: "m")
        #expect(batch.missed == 4)
        #expect(batch.position.next == 11)
    }

    @Test func `What cannot be understood is dead with its reason, and the place moves on`() throws {
        let unknown = message(#"{"schema":1}"#, type: "surprise")
        let batch = try batch([
            .of(message("nonsense"), offset: 0),
            .of(Notice.status(1).message(topology), offset: 1),
            .of(unknown, offset: 2),
            .of(message("{}", type: nil), offset: 3),
            .of(message(#"{"schema":2}"#), offset: 4),
        ])
        #expect(batch.notices == [.status(1)])
        #expect(batch.position.next == 5)
        #expect(batch.deadLetters.count == 4)
        #expect(
            batch.deadLetters.map(reason).map { $0?.prefix { $0 != ":" } } == [
                "\(WireError.Code.malformedBody)"[...], "\(WireError.Code.invalidField)"[...],
                "\(WireError.Code.missingField)"[...], "\(WireError.Code.unknownSchema)"[...],
            ]
        )
        let letter = batch.deadLetters[1]
        #expect(letter.routingKey == "n.dead")
        #expect(letter.mandatory)
        #expect(letter.body == unknown.body)
        #expect(letter.properties.headers["x-stream-offset"]?.integerValue == 2)
        #expect(letter.properties.headers["rejected-by"]?.stringValue == "auditor-1")
    }

    @Test func `A letter without an id gets one that says where it was`() throws {
        let batch = try batch([
            .of(message("nonsense", id: nil), offset: 12), .of(message("nonsense", id: "given"), offset: 13),
        ])
        #expect(batch.deadLetters.map(\.properties.messageID) == ["n.outcomes/12", "given"])
    }

    @Test(arguments: [Int64.min, -1, 253_402_300_799_001, .max])
    func `A notice from outside of the calendar is dead`(milliseconds: Int64) throws {
        let notice = Notice.status(1, receivedAt: Timestamp(millisecondsSinceEpoch: milliseconds))
        let batch = try batch([.of(notice.message(topology), offset: 0)])
        #expect(batch.notices.isEmpty)
        #expect(reason(batch.deadLetters.first) == WireError(.invalidField, "received_at").description)
    }

    @Test func `The place has the id of the last message, and a message in its stead is of another stream`() throws {
        let first = try batch([
            .of(Notice.status(1).message(topology), offset: 5), .of(Notice.status(2).message(topology), offset: 6),
        ])
        #expect(first.position.lastMessage == EventID.number(2).description)
        let other = AMQPDelivery.of(Notice.status(3).message(topology), offset: 6)
        #expect(throws: AuditorError(.streamBegunAnew, "offset 6 holds another message")) {
            try batch([other], next: 7, lastMessage: first.position.lastMessage)
        }
    }

    @Test func `Split, each message that was not read before is a batch that goes on from the one before`() throws {
        let whole = try batch(
            [
                .of(message("nonsense"), offset: 11),
                .of(Notice.status(1).message(topology), offset: 12),
                .of(message("{"), offset: 14),
                .of(Notice.status(2).message(topology), offset: 15),
            ],
            next: 8,
            lastMessage: "m"
        )
        let singles = try whole.split()
        #expect(singles.map(\.previousOffset) == [8, 12, 13, 15])
        #expect(singles.map(\.position.next) == [12, 13, 15, 16])
        #expect(singles.map(\.notices) == [[], [.status(1)], [], [.status(2)]])
        #expect(singles.map(\.deadLetters.count) == [1, 0, 1, 0])
        #expect(singles.map(\.missed) == [3, 0, 0, 0])
        #expect(singles.last?.position.lastMessage == whole.position.lastMessage)

        let again = try batch(
            [
                .of(Notice.status(1).message(topology), offset: 12),
                .of(Notice.status(2).message(topology), offset: 13),
            ],
            next: 13
        ).split()
        #expect(again.map(\.notices) == [[.status(2)]])
        #expect(again.map(\.missed) == [0])
    }

    @Test func `What the database refuses is dead with the SQLSTATE and without values, and the place is the same`()
        throws
    {
        let single = try batch(
            [
                .of(Notice.status(1).message(topology), offset: 11),
                .of(Notice.status(2).message(topology), offset: 12),
            ],
            next: 12
        )
        let refusal = PostgresError(
            .server,
            sqlState: .checkViolation,
            message: "secret",
            detail: "secret",
            constraint: "some_range"
        )
        let refused = try single.refused(refusal)
        #expect(refused.notices.isEmpty)
        #expect(refused.position == single.position)
        #expect(refused.previousOffset == 12)
        #expect(refused.deadLetters.map(\.properties.messageID) == [EventID.number(2).description])
        let words = try #require(reason(refused.deadLetters.first))
        #expect(words.contains("SQLSTATE 23514"))
        #expect(words.hasSuffix("constraint some_range"))
        #expect(!words.contains("secret"))
    }

    @Test func `Only what is wrong with the data is a refusal`() {
        func isRefusal(_ sqlState: String, _ code: PostgresError.Code = .server) -> Bool {
            PostgresError(code, sqlState: SQLState(rawValue: sqlState), message: "").isRefusal
        }
        #expect(isRefusal("22003") && isRefusal("22023") && isRefusal("23505") && isRefusal("23514"))
        for other in ["08006", "25006", "40001", "42501", "53300", "57014"] { #expect(!isRefusal(other)) }
        #expect(!isRefusal("22003", .connectionLost))
        #expect(!PostgresError(.encodingFailed, message: "").isRefusal)
    }

    @Test func `A delivery without an offset is not from a stream`() {
        #expect(throws: AuditorError(.offsetMissing, "delivery 9")) {
            try batch([.of(Notice.status(1).message(topology), offset: nil, tag: 9)])
        }
    }
}
