import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

/// What becomes of a channel that is opened because the former one refuses everything.
@Suite(.timeLimit(.minutes(1)))
struct ChannelRenewalTests {
    /// What is published on a channel, told by its outcomes; the exchange takes everything.
    private static func channel(
        on connection: AMQPConnection,
        _ outcomes: NIOLockedValueBox<Int>
    ) async throws -> EventChannel {
        let publisher: AMQPPublisher<EventID> = try await connection.openChannel().makePublisher { settled in
            outcomes.withLockedValue { $0 += settled.count }
        }
        return EventChannel(publisher: publisher, close: {})
    }

    private static func publisher() -> EventPublisher {
        EventPublisher(
            configuration: GatewayConfiguration(),
            topology: Topology(namespace: "test-renewal", profile: .replicated),
            run: GatewayRun(gateway: "tested", id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63)),
            replies: ReplyCorrelator(maximumPending: 10, budget: .seconds(4), memory: .seconds(4)),
            logger: ProductDatabase.logger
        )
    }

    @Test func `Where no other channel can be had, it is tried again`() async throws {
        let events = Self.publisher()
        try await ProductBroker.withConnection { connection in
            let (refuse, count) = (NIOLockedValueBox<EventChannel.OutcomeHandler?>(nil), NIOLockedValueBox(0))
            let former = try await events.open { handler in
                refuse.withLockedValue { $0 = handler }
                return try await Self.channel(on: connection, NIOLockedValueBox(0))
            }
            events.eventsUp(former.channel, number: former.number) { _ in
                count.withLockedValue { $0 += 1 }
                throw TestFailure("the broker has an alarm")
            }
            try await withThrowingTaskGroup { group in
                group.addTask { await events.run() }
                let id = EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | 1)
                refuse.withLockedValue { $0 }?([(id, .negativelyAcknowledged)])
                try await eventually("a second try", within: .seconds(10)) { count.withLockedValue { $0 } >= 2 }
                group.cancelAll()
            }
        }
    }

    @Test func `A channel that is there only after its connection was replaced is not published on`() async throws {
        let events = Self.publisher()
        let event = StreamEvent(
            id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | 1),
            receivedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000),
            domain: "d",
            app: "a",
            stream: "s"
        )
        try await ProductBroker.withConnection { first in
            try await ProductBroker.withConnection { second in
                let (onFirst, onSecond) = (NIOLockedValueBox(0), NIOLockedValueBox(0))
                let refuse = NIOLockedValueBox<EventChannel.OutcomeHandler?>(nil)
                let (isAsked, mayGoOn, isDone) = (
                    NIOLockedValueBox(false), NIOLockedValueBox(false), NIOLockedValueBox(false)
                )
                let former = try await events.open { handler in
                    refuse.withLockedValue { $0 = handler }
                    return try await Self.channel(on: first, onFirst)
                }
                events.eventsUp(former.channel, number: former.number) { _ in
                    isAsked.withLockedValue { $0 = true }
                    try await eventually("the other connection") { mayGoOn.withLockedValue { $0 } }
                    defer { isDone.withLockedValue { $0 = true } }
                    return try await Self.channel(on: first, onFirst)
                }
                events.repliesUp(queue: "nobody")
                try await withThrowingTaskGroup { group in
                    group.addTask { await events.run() }
                    refuse.withLockedValue { $0 }?([(event.id, .negativelyAcknowledged)])
                    try await eventually("another channel to be asked for") { isAsked.withLockedValue { $0 } }

                    events.eventsDown()
                    let next = try await events.open { _ in try await Self.channel(on: second, onSecond) }
                    events.eventsUp(next.channel, number: next.number) { _ in next.channel }
                    mayGoOn.withLockedValue { $0 = true }
                    try await eventually("the late channel") { isDone.withLockedValue { $0 } }

                    // It would be used in the moments after it is there.
                    for _ in 0..<50 {
                        events.publish(
                            AwaitedEvent(
                                event: event,
                                deadline: .now + .seconds(4),
                                civilDeadline: event.receivedAt
                            )
                        )
                        try await Task.sleep(for: .milliseconds(2))
                    }
                    try await eventually("all of them") {
                        onFirst.withLockedValue { $0 } + onSecond.withLockedValue { $0 } == 50
                    }
                    #expect(onSecond.withLockedValue { $0 } == 50)
                    group.cancelAll()
                }
            }
        }
    }
}
