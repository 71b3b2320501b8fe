import AMQP
import DecisionCore
import Foundation
import NIOConcurrencyHelpers
import TestSupport
import Testing
import Wire

@testable import StreamReading

/// The ends of a stream of the real broker.
@Suite(.timeLimit(.minutes(1))) struct StreamProbeTests {
    /// Runs `body` with the callbacks stream of a topology.
    private func withStream(_ body: (AMQPConnection, Topology) async throws -> Void) async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                try await body(connection, topology)
            }
        }
    }

    /// Publishes messages in one go, so that they share chunks of the stream, and waits until the stream has them.
    private func publish(_ numbers: Range<UInt64>, _ connection: AMQPConnection, _ topology: Topology) async throws {
        let confirmed = NIOLockedValueBox(0)
        let channel = try await connection.openChannel()
        let publisher = try await channel.makePublisher(
            onOutcomes: { (batch: [(token: UInt64, outcome: AMQPPublishOutcome)]) in
                confirmed.withLockedValue { $0 += batch.count { $0.outcome == .confirmed } }
            }
        )
        publisher.publish(
            numbers.map { number in
                let message = AMQPMessage(
                    exchange: "",
                    routingKey: topology.callbacksStream,
                    properties: AMQPProperties(
                        messageID: EventID(high: number << 16 | 0x7000, low: 1 << 63).description
                    ),
                    body: []
                )
                return (message, number)
            }
        )
        try await eventually("the confirms") { confirmed.withLockedValue { $0 } == numbers.count }
        await channel.close()
    }

    @Test func `The ends of a stream are its first and its last message, however many come at once`() async throws {
        try await withStream { connection, topology in
            func probe(patience: Duration) -> StreamProbe {
                StreamProbe(connection: connection, stream: topology.callbacksStream, patience: patience)
            }
            let hasty = probe(patience: .milliseconds(500))
            #expect(try await hasty.first() == nil)
            #expect(try await hasty.last() == nil)
            try await publish(1..<1_001, connection, topology)
            let probe = probe(patience: .seconds(5))
            let first = try await probe.first()
            #expect(first == StreamProbe.Mark(offset: 0, time: Timestamp(millisecondsSinceEpoch: 1)))
            #expect(try await probe.last()?.time == Timestamp(millisecondsSinceEpoch: 1_000))
        }
    }

    @Test func `A message is found by the time at which the broker wrote it`() async throws {
        try await withStream { connection, topology in
            func now() -> Timestamp { Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000)) }
            let probe = StreamProbe(connection: connection, stream: topology.callbacksStream, patience: .seconds(5))
            try await publish(1..<101, connection, topology)
            let between = now().advanced(by: .seconds(1))
            #expect(try await probe.first(writtenFrom: between) == nil)
            // The broker's clock has to pass the second that is asked for.
            try await eventually("the second") { now() > between.advanced(by: .seconds(1)) }
            try await publish(101..<111, connection, topology)
            // That none comes in time is no proof that there is none.
            func first(writtenFrom time: Timestamp) async throws -> StreamProbe.Mark? {
                var mark: StreamProbe.Mark?
                try await eventually("a message") {
                    mark = try await probe.first(writtenFrom: time)
                    return mark != nil
                }
                return mark
            }
            #expect(try await first(writtenFrom: between)?.time == Timestamp(millisecondsSinceEpoch: 101))
            #expect(try await first(writtenFrom: between.advanced(by: .seconds(-3_600)))?.offset == 0)
        }
    }
}
