import AMQP
import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// Every cause of the default, as a real broker brings it about.
    @Suite struct FallbackTests {
        private static let target = "/?domain=d&app=a&stream=s"
        private static let request = "GET \(target) HTTP/1.1\r\nHost: gateway\r\n\r\n"
        private static let no = #"{"ApiVersion":"1.0","NeedRecord":false}"#

        private func withGateway(
            budget: Duration = .seconds(4),
            topologyChange: (inout Topology) -> Void = { _ in },
            configure: (inout GatewayConfiguration) -> Void = { _ in },
            _ body: (RunningGateway, Topology) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology(answerBudget: budget) { topology in
                var topology = topology
                topologyChange(&topology)
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    configure: configure
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await body(gateway, topology)
                }
            }
        }

        /// Asks once and checks that the default comes, for this cause, and long before the budget is used up.
        private func expectDefault(_ cause: FallbackCause, atOnceFrom gateway: RunningGateway) async throws {
            let before = gateway.gateway.counters.fallbacks[cause] ?? 0
            let connection = try await gateway.connect()
            defer { connection.close() }
            let start = ContinuousClock.now
            let answer = try await connection.get(Self.target)
            #expect(start.duration(to: answer.arrival) < .seconds(2))
            #expect(answer.status == 200)
            #expect(answer.text == Self.no)
            #expect(answer.headers["x-needrecord-event"].flatMap { EventID($0) } != nil)
            #expect(gateway.gateway.counters.fallbacks[cause] == before + 1)
        }

        @Test func `Without a worker 500 callbacks at once get the default at the budget`() async throws {
            // Long enough that all wait at once, however slow the machine is.
            let budget = Duration.milliseconds(4_900)
            try await withGateway(budget: budget) { gateway, _ in
                var connections: [HTTPConnection] = []
                for _ in 0..<500 { connections.append(try await gateway.connect()) }
                var starts: [ContinuousClock.Instant] = []
                let probe = StallProbe()
                for connection in connections {
                    // At a rate that a debug build of client and server in one process can keep up with, so that what
                    // is measured is the gateway's lateness and not the queue in front of it.
                    try await Task.sleep(for: .milliseconds(4))
                    starts.append(.now)
                    try await connection.send(Self.request)
                }
                try await eventually("all to wait") { gateway.correlator.counters.pending == 500 }
                #expect(ContinuousClock.now < starts[0] + budget)
                var slowest = Duration.zero
                for (connection, start) in zip(connections, starts) {
                    let answer = try await connection.answer(1)
                    let elapsed = start.duration(to: answer.arrival)
                    #expect(answer.text == Self.no)
                    #expect(elapsed >= budget)
                    let stalled = probe.stalled(from: start + budget, to: answer.arrival)
                    slowest = max(slowest, elapsed - stalled)
                    connection.close()
                }
                #expect(slowest <= budget + .milliseconds(100))
                #expect(gateway.gateway.counters.fallbacks == [.timeout: 500])
            }
        }

        @Test func `A broker that was never there costs no time`() async throws {
            try await RunningGateway.with(amqp: RunningGateway.absentBroker()) { gateway in
                #expect(gateway.gateway.brokerState == "broker_unavailable")
                try await expectDefault(.brokerUnavailable, atOnceFrom: gateway)
            }
        }

        @Test func `An event that no queue takes gets the default at once`() async throws {
            try await withGateway { gateway, topology in
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    for queue in [topology.decisionsQueue, topology.callbacksStream] {
                        try await channel.unbind(
                            queue: queue,
                            exchange: topology.exchange,
                            routingKey: Topology.onDemandKey
                        )
                    }
                }
                try await expectDefault(.unroutable, atOnceFrom: gateway)
            }
        }

        @Test func `A full queue gets further callbacks the default at once`() async throws {
            try await withGateway(topologyChange: { $0.maximumQueueLength = 1 }) { gateway, topology in
                let first = try await gateway.connect()
                try await first.send(Self.request)
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    try await eventually("the first event to be in the queue") {
                        let queue = AMQPQueue(name: topology.decisionsQueue)
                        return try await channel.declareQueue(queue, passive: true).messageCount == 1
                    }
                }
                try await expectDefault(.overloaded, atOnceFrom: gateway)
                // The one in the queue is none the worse for it.
                try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                    let answer = try await first.answer(1)
                    #expect(answer.text.contains("true"))
                }
            }
        }

        @Test func `More callbacks than may wait get the default at once`() async throws {
            try await withGateway(configure: { $0.maximumPending = 2 }) { gateway, topology in
                let waiting = [try await gateway.connect(), try await gateway.connect()]
                for connection in waiting { try await connection.send(Self.request) }
                try await eventually("two to wait") { gateway.correlator.counters.pending == 2 }
                try await expectDefault(.overloaded, atOnceFrom: gateway)
                try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                    for connection in waiting {
                        let answer = try await connection.answer(1)
                        #expect(answer.text.contains("true"))
                    }
                    #expect(try await gateway.get(Self.target).text.contains("true"))
                }
            }
        }

        @Test func `A worker that cannot read the state has its word`() async throws {
            try await withGateway { gateway, topology in
                try await ScriptedWorker.with(topology, answer: { _ in .failure(.stateUnavailable) }) { _ in
                    try await expectDefault(.stateUnavailable, atOnceFrom: gateway)
                    #expect(gateway.correlator.counters.inTime == 1)
                }
            }
        }

        @Test func `A broker that is short of memory gets callbacks the default at once, and then decisions again`()
            async throws
        {
            try await withGateway { gateway, topology in
                try await ScriptedWorker.with(topology, answer: { _ in .record }) { _ in
                    try await ProductBroker.whileShortOfMemory {
                        // The first has been written when the broker says so, the second is not.
                        try await expectDefault(.brokerBlocked, atOnceFrom: gateway)
                        #expect(gateway.gateway.brokerState == "broker_blocked")
                        try await expectDefault(.brokerBlocked, atOnceFrom: gateway)
                    }
                    try await gateway.waitUntilReady()
                    #expect(try await gateway.get(Self.target).text.contains("true"))
                }
            }
        }
    }
}
