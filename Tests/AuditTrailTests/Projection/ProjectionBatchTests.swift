import AMQP
import DecisionCore
import Testing
import Wire

@testable import AuditTrail

@Suite struct ProjectionBatchTests {
    private let topology = Topology(namespace: "n")

    private func batch(_ deliveries: [AMQPDelivery], next: Int64 = 0) throws -> ProjectionBatch {
        try ProjectionBatch(deliveries, after: StreamPosition(next: next), topology: topology, auditor: "auditor-1")
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
        let batch = try batch([.of(Notice.status(1).message(topology), offset: 10)], next: 6)
        #expect(batch.missed == 4)
        #expect(batch.position.next == 11)
    }

    @Test func `What cannot be understood is dead with its reason, and the place moves on`() throws {
        let unknown = message(#"{"schema":1}"#, type: "outcome")
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

    @Test func `A delivery without an offset is not from a stream`() {
        #expect(throws: AuditorError(.offsetMissing, "delivery 9")) {
            try batch([.of(Notice.status(1).message(topology), offset: nil, tag: 9)])
        }
    }
}
