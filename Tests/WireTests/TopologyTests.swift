import AMQP
import DecisionCore
import TestSupport
import Testing
import Wire

@Suite struct TopologyTests {
    @Test func `Names begin with the namespace`() {
        let topology = Topology(namespace: "blue")
        #expect(topology.exchange == "blue")
        #expect(topology.decisionsQueue == "blue.decisions")
        #expect(topology.callbacksStream == "blue.callbacks")
        #expect(topology.outcomesStream == "blue.outcomes")
        #expect(topology.deadQueue == "blue.dead")
        #expect(topology.replyQueue(epoch: "g.1") == "blue.replies.g.1")
        #expect(topology.lateExchange == "blue.late")
        #expect(topology.lateQueue(epoch: "g.1").name == "blue.late.g.1")
    }

    @Test func `What is told of late decisions reaches every queue that is bound, and none is no mistake`() async throws
    {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                let channel = try await connection.openChannel()
                let told = try LateAnswer(event: .example, decision: .skipped, worker: "w")
                func tell() {
                    let body = told.encodedBody()
                    channel.publish(told.message(body: body, sentAt: .example, topology: topology, sender: "test"))
                }
                tell()
                let queues = ["a", "b"].map { topology.lateQueue(epoch: $0) }
                for queue in queues {
                    try await channel.declareQueue(queue)
                    try await channel.bind(queue: queue.name, exchange: topology.lateExchange, routingKey: "")
                }
                tell()
                for queue in queues {
                    try await eventually("the message in \(queue.name)") {
                        try await channel.declareQueue(queue, passive: true).messageCount == 1
                    }
                }
            }
        }
    }

    @Test func `An exchange that is not there, or is another, is named`() async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                let channel = try await connection.openChannel()
                try await channel.deleteExchange(topology.lateExchange)
                #expect(try await topology.examine(on: connection) == .absent(topology.lateExchange))
                try await channel.declareExchange(AMQPExchange(name: topology.lateExchange, kind: .direct))
                let error = try await #require(throws: AMQPError.self) { try await topology.declare(on: connection) }
                #expect(error.code == .preconditionFailed)
                guard case .different(topology.lateExchange, _) = try await topology.examine(on: connection) else {
                    Issue.record("the other exchange was not noticed")
                    return
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(1)), arguments: Topology.Profile.allCases)
    func `Declaring again changes nothing, and everything is there`(profile: Topology.Profile) async throws {
        try await ProductBroker.withTopology { topology in
            var topology = topology
            topology.profile = profile
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                try await Self.publish(1, topology, on: connection)
                try await topology.declare(on: connection)
                try await Self.waitForCallbacks(1, topology, on: connection)
            }
        }
    }

    /// A setting that is changed, and the part that it belongs to.
    private static let changes: [(@Sendable (inout Topology) -> Void, String)] = [
        ({ $0.answerBudget = .seconds(3) }, "decisions"),
        ({ $0.maximumQueueLength = 10 }, "decisions"),
        ({ $0.profile = .replicated }, "decisions"),
        ({ $0.callbacksRetentionDays = 1 }, "callbacks"),
        ({ $0.callbacksMaximumBytes = 1_000_000_000 }, "callbacks"),
        ({ $0.outcomesRetentionDays = 1 }, "outcomes"),
        ({ $0.outcomesMaximumBytes = 1_000_000_000 }, "outcomes"),
    ]

    @Test(arguments: changes)
    func `Other settings are a named error, and what is there stays`(
        change: @Sendable (inout Topology) -> Void,
        part: String
    ) async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                var other = topology
                change(&other)
                let error = try await #require(throws: AMQPError.self) { try await other.declare(on: connection) }
                #expect(error.code == .preconditionFailed)
                #expect(error.message.contains("\(topology.namespace).\(part)"))

                let examination = try await other.examine(on: connection)
                guard case .different(let name, let text) = examination else {
                    Issue.record("examined as \(examination)")
                    return
                }
                #expect(name == "\(topology.namespace).\(part)")
                #expect(text.contains(name))
                #expect(try await topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 0))
            }
        }
    }

    @Test func `Examining a bare broker names what is absent, and makes nothing`() async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                for _ in 0..<2 {
                    #expect(try await topology.examine(on: connection) == .absent(topology.exchange))
                }
                try await topology.declare(on: connection)
                let queues = [
                    topology.decisionsQueue, topology.callbacksStream, topology.outcomesStream, topology.deadQueue,
                ]
                for queue in queues {
                    let channel = try await connection.openChannel()
                    try await channel.deleteQueue(queue)
                    await channel.close()
                    for _ in 0..<2 {
                        #expect(try await topology.examine(on: connection) == .absent(queue))
                    }
                    try await topology.declare(on: connection)
                }
            }
        }
    }

    @Test func `Examining counts what waits and who works`() async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                try await Self.publish(3, topology, on: connection)
                try await eventually("three callbacks") {
                    try await topology.examine(on: connection) == .present(waitingCallbacks: 3, workers: 0)
                }
                let channel = try await connection.openChannel()
                let consumer = try await channel.consume(
                    queue: topology.decisionsQueue,
                    onDeliveries: { channel.acknowledge($0.last?.deliveryTag ?? 0, multiple: true) },
                    onCancelled: {}
                )
                try await eventually("a worker that has taken them") {
                    try await topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 1)
                }
                try await consumer.cancel()
            }
        }
    }

    @Test func `A callback expires in the work queue after the budget, and stays in the stream`() async throws {
        try await ProductBroker.withTopology(answerBudget: .milliseconds(50)) { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                try await Self.publish(1, topology, on: connection)
                try await Self.waitForCallbacks(1, topology, on: connection)
                try await eventually("an empty work queue") {
                    try await topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 0)
                }
                #expect(try await Self.count(of: topology.callbacksStream, on: connection) == 1)
            }
        }
    }

    @Test func `Notices of both kinds go to the outcomes stream alone`() async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                let channel = try await connection.openChannel()
                let notices = [Notice.recordingStatus, .recordedFile, .ingest]
                channel.publish(
                    notices.map { NoticeMessage.message(for: $0, topology: topology, sender: "test") }
                )
                try await eventually("three notices in the stream") {
                    try await Self.count(of: topology.outcomesStream, on: connection) == 3
                }
                #expect(try await Self.count(of: topology.callbacksStream, on: connection) == 0)
                #expect(try await topology.examine(on: connection) == .present(waitingCallbacks: 0, workers: 0))
            }
        }
    }

    @Test func `Deleting removes everything that was declared`() async throws {
        try await ProductBroker.withTopology { topology in
            try await ProductBroker.withConnection { connection in
                try await topology.declare(on: connection)
                try await topology.delete(on: connection)
                for queue in [topology.callbacksStream, topology.outcomesStream] {
                    await #expect(throws: AMQPError.self) { try await Self.count(of: queue, on: connection) }
                }
            }
        }
    }

    private static func publish(_ count: Int, _ topology: Topology, on connection: AMQPConnection) async throws {
        let channel = try await connection.openChannel()
        let message = EventRequest.message(
            event: .example,
            body: StreamEvent.example.encodedBody(),
            replyTo: "nobody",
            deadline: StreamEvent.example.receivedAt,
            remaining: .seconds(60),
            topology: topology,
            run: .example
        )
        channel.publish(Array(repeating: message, count: count))
        await channel.close()
    }

    private static func waitForCallbacks(_ count: Int, _ topology: Topology, on connection: AMQPConnection) async throws
    {
        try await eventually("\(count) callbacks in the stream") {
            try await Self.count(of: topology.callbacksStream, on: connection) == count
        }
    }

    /// The broker counts a stream's messages, too, for a passive declaration.
    private static func count(of queue: String, on connection: AMQPConnection) async throws -> Int {
        let channel = try await connection.openChannel()
        let status = try await channel.declareQueue(AMQPQueue(name: queue), passive: true)
        await channel.close()
        return status.messageCount
    }
}
