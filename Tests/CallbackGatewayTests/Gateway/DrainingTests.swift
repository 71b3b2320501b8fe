import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// A gateway that is told to stop.
    @Suite struct DrainingTests {
        private static let target = "/?domain=d&app=a&stream=s"

        @Test func `What is in flight is answered, what comes then gets the default, and nothing new is let in`()
            async throws
        {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { worker in
                        let idle = try await gateway.connect()
                        #expect(try await idle.get("/nowhere").status == 404)
                        let waiting = try await gateway.connect()
                        try await waiting.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                        let request = try await worker.wait(for: 1)[0]
                        let sending = try await gateway.connect()
                        let length = "Content-Length: 7\r\n"
                        let type = "Content-Type: application/x-www-form-urlencoded\r\n"
                        try await sending.send("POST \(Self.target) HTTP/1.1\r\n\(type)\(length)\r\n")
                        // The head has been seen once its connection counts as busy, which nothing shows: a second
                        // exchange on another connection gives it the time.
                        #expect(try await idle.get("/nowhere").status == 404)

                        await gateway.shutDown()
                        try await eventually("it to drain") { gateway.gateway.isDraining }
                        try await idle.waitUntilClosed()
                        try await sending.send("codec=h")
                        #expect(try await sending.answer(1).text.contains("false"))
                        #expect(gateway.gateway.counters.fallbacks == [.draining: 1])
                        try await sending.waitUntilClosed()
                        await #expect(throws: (any Error).self) { try await gateway.connect() }

                        worker.reply(.record, to: request)
                        #expect(try await waiting.answer(1).text.contains("true"))
                        try await waiting.waitUntilClosed()
                        #expect(gateway.gateway.counters.recorded == 1)
                    }
                }
            }
        }

        @Test func `Before it drains it decides as before, and sends whoever asks elsewhere`() async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(
                    topology: topology,
                    amqp: ProductBroker.configuration(),
                    configure: { $0.drainDelay = .seconds(3) }
                ) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { worker in
                        let kept = try await gateway.connect()
                        try await kept.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                        worker.reply(.record, to: try await worker.wait(for: 1)[0])
                        #expect(try await kept.answer(1).text.contains("true"))
                        #expect(!gateway.gateway.isLeaving)

                        await gateway.shutDown()
                        try await eventually("it to leave") { gateway.gateway.isLeaving }
                        // One that is there already, and one that comes.
                        for (number, client) in [(2, kept), (3, try await gateway.connect())] {
                            try await client.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                            worker.reply(.record, to: try await worker.wait(for: number)[number - 1])
                            #expect(try await client.answer(client === kept ? 2 : 1).text.contains("true"))
                            try await client.waitUntilClosed()
                        }
                        #expect(!gateway.gateway.isDraining)
                        #expect(gateway.gateway.counters.recorded == 3)
                        #expect(gateway.gateway.counters.fallbacks.isEmpty)
                    }
                }
            }
        }

        @Test func `A gateway that stops waits for callbacks whose callers are gone, and keeps their outcomes`()
            async throws
        {
            try await ProductBroker.withTopology(answerBudget: .seconds(3)) { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    let caller = try await gateway.connect()
                    try await caller.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                    try await eventually("it to wait") { gateway.correlator.counters.pending == 1 }
                    try await caller.reset()
                    // Nobody decides, so it ends with the budget. Until then nothing else holds the gateway up.
                    await gateway.shutDown()
                }
                try await OutcomesReader.with(topology) { reader in
                    let records = try await reader.records(2)
                    guard case .outcome(let outcome) = records[0], case .minute(let minute) = records[1] else {
                        throw TestFailure("\(records)")
                    }
                    #expect(outcome.cause == .fallback(.timeout))
                    #expect(minute.received == 1)
                    #expect(minute.outcomes == ["timeout": 1])
                }
            }
        }

        @Test func `What is in flight gets the default at the budget, and the gateway stops`() async throws {
            try await ProductBroker.withTopology(answerBudget: .seconds(3)) { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    let waiting = try await gateway.connect()
                    try await waiting.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                    try await eventually("it to wait") { gateway.correlator.counters.pending == 1 }
                    await gateway.shutDown()
                    #expect(try await waiting.answer(1).text.contains("false"))
                    #expect(gateway.gateway.counters.fallbacks == [.timeout: 1])
                    try await waiting.waitUntilClosed()
                }
            }
        }
    }
}
