import AMQP
import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// A broker that goes away and comes back while callbacks wait.
    @Suite struct InterruptionTests {
        private static let request = "GET /?domain=d&app=a&stream=s HTTP/1.1\r\nHost: gateway\r\n\r\n"

        private func withCable(
            budget: Duration = .milliseconds(4_900),
            grace: Duration = .seconds(2),
            _ body: (RunningGateway, ScriptedWorker, BrokerProxy) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology(answerBudget: budget) { topology in
                try await BrokerProxy.with { proxy, amqp in
                    try await RunningGateway.with(
                        topology: topology,
                        amqp: amqp,
                        configure: { $0.brokerGrace = grace }
                    ) { gateway in
                        try await gateway.waitUntilReady()
                        try await ScriptedWorker.with(topology) { try await body(gateway, $0, proxy) }
                    }
                }
            }
        }

        @Test func `Callbacks that wait when the connection is lost are asked again and get their decision`()
            async throws
        {
            try await withCable { gateway, worker, proxy in
                let connections = [try await gateway.connect(), try await gateway.connect()]
                for connection in connections { try await connection.send(Self.request) }
                let first = try await worker.wait(for: 2)
                await proxy.cut()
                let again = try await worker.wait(for: 4).suffix(2)
                #expect(Set(again.map(\.event)) == Set(first.map(\.event)))
                #expect(Set(again.map(\.deadline)) == Set(first.map(\.deadline)))
                // The reply queue went with its connection; the deadline did not move.
                #expect(Set(again.map(\.replyTo)).isDisjoint(with: first.map(\.replyTo)))
                let expirations = worker.deliveries.compactMap(\.properties.expiration)
                #expect(try #require(expirations[2...].max()) < #require(expirations[..<2].min()))
                for request in again { worker.reply(.record, to: request) }
                for connection in connections { #expect(try await connection.answer(1).text.contains("true")) }
                #expect(gateway.gateway.counters.recorded == 2)
            }
        }

        @Test func `Callbacks that come during a short interruption wait for its end`() async throws {
            try await withCable { gateway, worker, proxy in
                await proxy.cutForGood()
                try await eventually("the loss to be noticed") { gateway.gateway.brokerState == "interrupted" }
                let connection = try await gateway.connect()
                try await connection.send(Self.request)
                try await eventually("it to wait") { gateway.correlator.counters.pending == 1 }
                #expect(gateway.gateway.brokerState == "interrupted")
                await proxy.restore()
                worker.reply(.record, to: try await worker.wait(for: 1)[0])
                #expect(try await connection.answer(1).text.contains("true"))
            }
        }

        @Test func `After the grace period callbacks get the default at once, until the broker is back`() async throws {
            try await withCable(budget: .seconds(2), grace: .milliseconds(100)) { gateway, worker, proxy in
                let early = try await gateway.connect()
                try await early.send(Self.request)
                _ = try await worker.wait(for: 1)
                await proxy.cutForGood()
                try await eventually("the end of the grace period") {
                    gateway.gateway.brokerState == "broker_unavailable"
                }
                let start = ContinuousClock.now
                let late = try await gateway.connect()
                let refused = try await late.exchange(Self.request)
                #expect(refused.text.contains("false"))
                #expect(start.duration(to: refused.arrival) < .seconds(1))
                // The one that waited has what is left of its budget, and what ended it is known.
                #expect(try await early.answer(1).text.contains("false"))
                #expect(gateway.gateway.counters.fallbacks == [.brokerUnavailable: 2])

                await proxy.restore()
                try await gateway.waitUntilReady()
                try await late.send(Self.request)
                worker.reply(.record, to: try await worker.wait(for: 2)[1])
                #expect(try await late.answer(2).text.contains("true"))
            }
        }
    }
}
