import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// Replies that answer nothing: each is counted for what it is, and changes nothing.
    @Suite struct ReplyTests {
        private static let target = "/?domain=d&app=a&stream=s"

        private func withSilentWorker(
            budget: Duration = .seconds(4),
            _ body: (RunningGateway, ScriptedWorker) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology(answerBudget: budget) { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await ScriptedWorker.with(topology) { try await body(gateway, $0) }
                }
            }
        }

        @Test func `The first of two replies counts`() async throws {
            try await withSilentWorker { gateway, worker in
                let connection = try await gateway.connect()
                try await connection.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                let request = try await worker.wait(for: 1)[0]
                worker.reply(.record, to: request)
                worker.reply(.skip, to: request)
                #expect(try await connection.answer(1).text.contains("true"))
                try await eventually("the second reply") { gateway.correlator.counters.duplicate == 1 }
                #expect(gateway.correlator.counters.inTime == 1)
                #expect(gateway.gateway.counters.recorded == 1)
                #expect(gateway.gateway.counters.skipped == 0)
                #expect(connection.answers.count == 1)
            }
        }

        @Test func `A reply after the budget changes nothing`() async throws {
            try await withSilentWorker(budget: .milliseconds(500)) { gateway, worker in
                let answer = try await gateway.get(Self.target)
                #expect(answer.text.contains("false"))
                worker.reply(.record, to: try await worker.wait(for: 1)[0])
                try await eventually("the late reply") { gateway.correlator.counters.late == 1 }
                #expect(gateway.gateway.counters.fallbacks == [.timeout: 1])
                #expect(gateway.gateway.counters.recorded == 0)
            }
        }

        @Test func `A reply to nothing, and what is no reply, change nothing`() async throws {
            try await withSilentWorker { gateway, worker in
                let connection = try await gateway.connect()
                try await connection.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                let request = try await worker.wait(for: 1)[0]
                worker.reply(.record, about: EventID(high: 0x7000, low: 1 << 63), to: request.replyTo)
                for body in ["", "{}", "garbage", #"{"schema":2}"#] { worker.send(body, to: request.replyTo) }
                try await eventually("every one of them") {
                    let counters = gateway.correlator.counters
                    return counters.unknown == 1 && counters.malformed == 4
                }
                #expect(connection.answers.isEmpty)
                worker.reply(.skip, to: request)
                #expect(try await connection.answer(1).text.contains("false"))
                #expect(gateway.gateway.counters.skipped == 1)
            }
        }
    }
}
