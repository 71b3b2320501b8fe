import AMQP
import DecisionCore
import NIOConcurrencyHelpers
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct ReplyReceiverTests {
    /// A receiver at work, and what it has told.
    private final class Receiver: Sendable {
        struct Told: Sendable {
            var queues: [String] = []
            var losses = 0
            var late: [Reply] = []
            var questions: [EventID] = []
            var lateAnswers: [EventID] = []
            var malformed = 0
        }

        let topology: Topology
        let correlator = ReplyCorrelator(maximumPending: 1_000, budget: .seconds(4), memory: .seconds(60))
        let connectionName = "receiver-\(UInt64.random(in: .min ... .max))"
        private let told = NIOLockedValueBox(Told())

        init(_ topology: Topology) { self.topology = topology }

        var queues: [String] { told.withLockedValue { $0.queues } }
        var late: [Reply] { told.withLockedValue { $0.late } }
        var questions: [EventID] { told.withLockedValue { $0.questions } }
        var lateAnswers: [EventID] { told.withLockedValue { $0.lateAnswers } }
        var malformed: Int { told.withLockedValue { $0.malformed } }
        var losses: Int { told.withLockedValue { $0.losses } }

        static func run(_ body: (Receiver, AMQPChannel) async throws -> Void) async throws {
            try await ProductBroker.withTopology { topology in
                try await ProductBroker.withConnection { try await topology.declare(on: $0) }
                let receiver = Receiver(topology)
                var amqp = try ProductBroker.configuration()
                amqp.connectionName = receiver.connectionName
                try await withThrowingTaskGroup { group in
                    group.addTask { await receiver.correlator.run() }
                    group.addTask { [amqp] in await receiver.receive(topology, amqp) }
                    try await eventually("a queue for replies") { receiver.queues.count == 1 }
                    try await ProductBroker.withConnection { connection in
                        try await body(receiver, try await connection.openChannel())
                    }
                    group.cancelAll()
                }
            }
        }

        private func receive(_ topology: Topology, _ amqp: AMQPConfiguration) async {
            let receiver = ReplyReceiver(
                correlator: correlator,
                topology: topology,
                amqp: amqp,
                name: "gateway-1",
                logger: ProductDatabase.logger,
                onReady: { queue in self.told.withLockedValue { $0.queues.append(queue) } },
                onLost: { self.told.withLockedValue { $0.losses += 1 } },
                onLate: { late in
                    self.told.withLockedValue { told in
                        told.late += late.map(\.reply)
                        told.questions += late.map(\.question.event.id)
                    }
                },
                onLateAnswers: { answers, malformed in
                    self.told.withLockedValue { told in
                        told.lateAnswers += answers.map(\.answer.event.id)
                        told.malformed += malformed
                    }
                }
            )
            await receiver.run()
        }
    }

    @Test func `Replies reach the questions that wait for them`() async throws {
        try await Receiver.run { receiver, channel in
            let queue = receiver.queues[0]
            #expect(queue.contains(".replies.gateway-1."))
            let answers = await withTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        await receiver.correlator.decision(
                            to: number,
                            deadline: .now + .seconds(30),
                            publish: { channel.publish(Reply.decision(number).message(to: queue)) }
                        )
                    }
                }
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(answers == Set((0..<200).map { .success(.revision($0)) }))
            #expect(receiver.correlator.counters.inTime == 200)
        }
    }

    @Test func `Replies that come together end each its own wait, and one that is none ends nothing`() async throws {
        try await Receiver.run { receiver, channel in
            let correlator = receiver.correlator
            let answers = await withTaskGroup { group in
                for number in 0..<100 {
                    group.addTask {
                        await correlator.decision(to: number, deadline: .now + .seconds(30)) {}
                    }
                }
                while correlator.counters.pending < 100 { await Task.yield() }
                var messages = ReplyMessage.messages((0..<100).map(Reply.decision), to: receiver.queues[0])
                let bad = #"{"schema":1,"worker":"w","replies":[{"event":"x"},1]}"#
                messages.insert(AMQPMessage(routingKey: receiver.queues[0], body: Array(bad.utf8)), at: 1)
                #expect(messages.count == 3)
                channel.publish(messages)
                return await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(answers == Set((0..<100).map { .success(.revision($0)) }))
            #expect(correlator.counters.inTime == 100)
            #expect(correlator.counters.malformed == 2)
        }
    }

    @Test func `Late, duplicate, unknown and malformed replies are counted, and change nothing`() async throws {
        try await Receiver.run { receiver, channel in
            let queue = receiver.queues[0]
            let correlator = receiver.correlator
            let timedOut = await ReplyCorrelatorTests.ask(1, correlator, deadline: .now)
            #expect(timedOut == .failure(.timeout))
            let second = await correlator.decision(to: 2, deadline: .now + .seconds(30)) {
                var messages = [1, 2, 2, 9].map { Reply.decision($0).message(to: queue) }
                messages.append(AMQPMessage(routingKey: queue, body: Array("no reply".utf8)))
                messages.append(AMQPMessage(routingKey: queue, body: []))
                channel.publish(messages)
            }
            #expect(second == .success(.revision(2)))
            var expected = ReplyCounters()
            expected.inTime = 1
            expected.late = 1
            expected.duplicate = 1
            expected.unknown = 1
            expected.malformed = 2
            expected.pendingLimit = 1_000
            try await eventually("\(expected)") { correlator.counters == expected }
            try await eventually("the late reply") { receiver.late == [.decision(1)] }
            #expect(receiver.questions == [.number(1)])

            // It goes on after all that.
            let third = await correlator.decision(to: 3, deadline: .now + .seconds(30)) {
                channel.publish(Reply.decision(3).message(to: queue))
            }
            #expect(third == .success(.revision(3)))
        }
    }

    @Test func `A lost connection is told, and the next one has a queue of its own`() async throws {
        try await Receiver.run { receiver, channel in
            try await ProductBroker.closeConnection(named: receiver.connectionName)
            try await eventually("a second queue for replies") { receiver.queues.count == 2 }
            #expect(receiver.losses == 1)
            #expect(receiver.queues[0] != receiver.queues[1])

            let returned = NIOLockedValueBox<[AMQPReturn]>([])
            channel.setReturnHandler { messages in returned.withLockedValue { $0 += messages } }
            let answer = await receiver.correlator.decision(to: 1, deadline: .now + .seconds(30)) {
                // Nobody reads the old queue any more: the worker gets its reply back.
                channel.publish(Reply.decision(5).message(to: receiver.queues[0]))
                channel.publish(Reply.decision(1).message(to: receiver.queues[1]))
            }
            #expect(answer == .success(.revision(1)))
            try await eventually("the reply to the old queue to come back") {
                returned.withLockedValue { $0.map(\.routingKey) } == [receiver.queues[0]]
            }
            #expect(receiver.correlator.counters.unknown == 0)
        }
    }

    @Test func `What is told of late decisions comes in beside, over the next connection too`() async throws {
        try await Receiver.run { receiver, channel in
            let event = StreamEvent(
                id: .number(7),
                receivedAt: Decision.revision(1).decidedAt,
                domain: "d",
                app: "a",
                stream: "s"
            )
            let answer = try LateAnswer(event: event, decision: .revision(1), worker: "w")
            func tell() {
                channel.publish(
                    answer.message(
                        body: answer.encodedBody(),
                        sentAt: event.receivedAt,
                        topology: receiver.topology,
                        sender: "test"
                    )
                )
            }
            tell()
            channel.publish(AMQPMessage(exchange: receiver.topology.lateExchange, routingKey: "", body: [1, 2]))
            try await eventually("both") { receiver.lateAnswers == [event.id] && receiver.malformed == 1 }
            try await ProductBroker.closeConnection(named: receiver.connectionName)
            try await eventually("another queue") { receiver.queues.count == 2 }
            tell()
            try await eventually("the second") { receiver.lateAnswers == [event.id, event.id] }
            #expect(receiver.correlator.counters.malformed == 0)
        }
    }

    @Test func `Nobody else can read or delete the replies`() async throws {
        try await Receiver.run { receiver, channel in
            let error = await #expect(throws: AMQPError.self) { try await channel.deleteQueue(receiver.queues[0]) }
            #expect(error?.code == .resourceLocked)
        }
    }
}
