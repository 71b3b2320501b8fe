import AMQP
public import CallbackGateway
import DecisionCore
import Foundation
import NIOConcurrencyHelpers
import OutcomeJournal
public import ReplyCorrelator
import ServiceLifecycle
import TestSupport
import Testing
import Wire

extension ReplyCorrelator: ReplyAwaiting {}

/// A gateway with its correlator and its reply queue, put together as the product does it.
struct RunningGateway: Sendable {
    let gateway: CallbackGateway
    let correlator: ReplyCorrelator
    let port: Int
    private let group: ServiceGroup
    private let serving: Task<Void, any Error>

    /// A broker that is never there: connections to its port are refused.
    static func absentBroker() throws -> AMQPConfiguration {
        try AMQPConfiguration(url: "amqp://guest:guest@127.0.0.1:1/")
    }

    /// Runs `body` with a gateway that listens, and stops it afterwards. Every callback that it accepted must have had
    /// exactly one end by then.
    static func with(
        topology: Topology = Topology(),
        amqp: AMQPConfiguration,
        journal: JournalConfiguration? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (RunningGateway) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.answerBudget = topology.answerBudget
        configuration.name = "tested"
        configure(&configuration)
        let correlator = ReplyCorrelator(
            maximumPending: configuration.maximumPending,
            budget: topology.answerBudget,
            memory: topology.answerBudget
        )
        let directory = TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let journal = try await Journal.open(journal ?? JournalConfiguration(directory: directory.path))
        let port = NIOLockedValueBox<Int?>(nil)
        let gateway = CallbackGateway(
            configuration: configuration,
            topology: topology,
            amqp: amqp,
            replies: correlator,
            journal: journal,
            now: { Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000)) },
            logger: ProductDatabase.logger,
            onListening: { number in port.withLockedValue { $0 = number } }
        )
        var lateAnswers: LateAnswersHandler?
        if configuration.usesLateDecisions { lateAnswers = { gateway.lateAnswersTold($0, malformed: $1) } }
        let receiver = ReplyReceiver(
            correlator: correlator,
            topology: topology,
            amqp: amqp,
            name: configuration.name,
            logger: ProductDatabase.logger,
            onReady: { gateway.repliesUp(queue: $0) },
            onLost: { gateway.repliesDown() },
            onLate: { gateway.repliesLate($0) },
            onLateAnswers: lateAnswers
        )
        let group = ServiceGroup(services: [gateway], logger: ProductDatabase.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await correlator.run() }
            tasks.addTask { await receiver.run() }
            let serving = Task { try await group.run() }
            do {
                try await eventually("the gateway to listen") { port.withLockedValue { $0 != nil } }
                try await body(
                    RunningGateway(
                        gateway: gateway,
                        correlator: correlator,
                        port: port.withLockedValue { $0 ?? 0 },
                        group: group,
                        serving: serving
                    )
                )
            } catch {
                await group.triggerGracefulShutdown()
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            do { try await serving.value } catch is CancellationError where serving.isCancelled {}
            tasks.cancelAll()
        }
        let counters = gateway.counters
        let fallbacks = counters.fallbacks.values.reduce(0, +)
        #expect(counters.received == counters.recorded + counters.skipped + fallbacks, "\(counters)")
        #expect(correlator.counters.pending == 0)
        let notices = gateway.noticeCounters
        #expect(notices.received == notices.kept + notices.notKept.values.reduce(0, +), "\(notices)")
    }

    /// Waits until events are published and replies taken.
    func waitUntilReady() async throws {
        try await eventually("a way to the broker") { gateway.brokerState == "ok" && gateway.noticeRefusal == nil }
    }

    /// Begins with the end: no new connections, and what is in flight is answered.
    func shutDown() async {
        await group.triggerGracefulShutdown()
    }

    /// Ends it as the failure of another service in its process does.
    func cancel() {
        serving.cancel()
    }

    /// A new connection.
    func connect() async throws -> HTTPConnection {
        try await HTTPConnection.open(port: port)
    }

    /// One `GET` on a connection of its own.
    func get(_ target: String) async throws -> HTTPAnswer {
        let connection = try await connect()
        defer { connection.close() }
        return try await connection.get(target)
    }
}
