import AMQP
import DecisionCore
import Foundation
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// Decisions that come too late, and what they are good for.
    @Suite struct LateDecisionTests {
        private static let target = "/?domain=d&app=a&stream=s&vbitrate=2000&codec=h264"
        private static let answer = #"{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}"#

        private static func now() -> Timestamp {
            Timestamp(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1_000))
        }

        /// A decision to record that was made this long ago.
        private static func decision(_ age: Duration = .zero, quota: Reservation.State? = nil) throws -> Decision {
            Decision(
                verdict: .record(try RecordingPlan(formats: [.mp4], intervals: [.mp4: 300])),
                reason: .rule(Rule.ID(rawValue: 1)),
                revision: 7,
                reservation: quota.map { Reservation(quota: "q", state: $0) },
                decidedAt: now().advanced(by: .zero - age)
            )
        }

        /// Two gateways and a worker that says nothing of itself.
        private func withTwoGateways(
            configure: @escaping (inout GatewayConfiguration) -> Void = { _ in },
            _ body: (_ first: RunningGateway, _ second: RunningGateway, ScriptedWorker, Topology) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology(answerBudget: .milliseconds(400)) { topology in
                let amqp = try ProductBroker.configuration()
                try await RunningGateway.with(topology: topology, amqp: amqp, configure: { $0.name = "first" }) {
                    first in
                    try await RunningGateway.with(
                        topology: topology,
                        amqp: amqp,
                        configure: { configuration in
                            configuration.name = "second"
                            configure(&configuration)
                        }
                    ) { second in
                        try await first.waitUntilReady()
                        try await second.waitUntilReady()
                        try await ScriptedWorker.with(topology) { try await body(first, second, $0, topology) }
                    }
                }
            }
        }

        /// Has the first gateway answer the default, and the worker's decision come after it.
        private func missDeadline(
            at gateway: RunningGateway,
            _ worker: ScriptedWorker,
            _ decision: Decision
        ) async throws -> EventID {
            #expect(try await gateway.get(Self.target).text.contains("false"))
            let request = try await worker.wait(for: 1)[0]
            worker.reply(.decision(decision), to: request)
            try await eventually("the late decision") { gateway.correlator.counters.late == 1 }
            return request.event.id
        }

        @Test func `A decision that came too late answers the next attempt, at another gateway and at the same`()
            async throws
        {
            try await withTwoGateways { first, second, worker, topology in
                let decision = try Self.decision()
                let event = try await missDeadline(at: first, worker, decision)
                try await eventually("both gateways to know") {
                    first.gateway.lateCounters.remembered == 1 && second.gateway.lateCounters.remembered == 1
                }
                #expect(first.gateway.lateCounters.told == 1)
                for (number, gateway) in [second, first].enumerated() {
                    #expect(try await gateway.get(Self.target).text == Self.answer)
                    #expect(gateway.gateway.lateCounters.used == 1)
                    #expect(gateway.gateway.counters.recorded == 1)
                    // It took the normal way.
                    #expect(try await worker.wait(for: 2 + number).count == 2 + number)
                }
                #expect(first.gateway.counters.fallbacks == [.timeout: 1])
                #expect(second.gateway.counters.fallbacks.isEmpty)
                try await OutcomesReader.with(topology) { reader in
                    let outcomes = try await reader.outcomes(3)
                    #expect(outcomes.count == 3)
                    #expect(Set(outcomes.map(\.lateOf)) == [nil, event])
                    for outcome in outcomes where outcome.lateOf != nil {
                        #expect(outcome.cause == .decision(decision))
                        #expect(outcome.answer == Self.answer)
                        #expect(outcome.event.id != event)
                        #expect(outcome.worker == nil)
                    }
                }
            }
        }

        @Test func `What is decided now comes first`() async throws {
            try await withTwoGateways(configure: { $0.answerBudget = .seconds(4) }) { first, second, worker, _ in
                _ = try await missDeadline(at: first, worker, Self.decision())
                try await eventually("the other to know") { second.gateway.lateCounters.remembered == 1 }
                let connection = try await second.connect()
                try await connection.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                worker.reply(.skip, to: try await worker.wait(for: 2)[1])
                #expect(try await connection.answer(1).text.contains("false"))
                #expect(second.gateway.lateCounters.used == 0)
                #expect(second.gateway.counters.skipped == 1)
            }
        }

        @Test func `A worker that cannot decide, and a gateway that stops, are answered for too`() async throws {
            try await withTwoGateways { first, second, worker, _ in
                _ = try await missDeadline(at: first, worker, Self.decision())
                try await eventually("the other to know") { second.gateway.lateCounters.remembered == 1 }
                let connection = try await second.connect()
                try await connection.send("GET \(Self.target) HTTP/1.1\r\n\r\n")
                worker.reply(.failure(.stateUnavailable), to: try await worker.wait(for: 2)[1])
                #expect(try await connection.answer(1).text == Self.answer)

                let (last, other) = (try await first.connect(), try await first.connect())
                let head = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\n"
                try await last.send("POST /?domain=d&app=a&stream=s&vbitrate=2000 HTTP/1.1\r\n\(head)")
                // As with draining: the head has been seen after another exchange.
                #expect(try await other.get("/nowhere").status == 404)
                await first.shutDown()
                try await eventually("draining") { first.gateway.isDraining }
                try await last.send("x=hello")
                #expect(try await last.answer(1).text == Self.answer)
            }
        }

        @Test func `Another question gets the default`() async throws {
            try await withTwoGateways { first, second, worker, _ in
                _ = try await missDeadline(at: first, worker, Self.decision())
                try await eventually("the other to know") { second.gateway.lateCounters.remembered == 1 }
                for target in [
                    "/?domain=d&app=a&stream=t&vbitrate=2000&codec=h264",
                    "/?domain=d&app=a&stream=s&vbitrate=2001&codec=h264",
                    "/?domain=d&app=a&stream=s&vbitrate=2000&codec=h265", "/?domain=d&app=a&stream=s&codec=h264",
                ] {
                    #expect(try await second.get(target).text.contains("false"), "\(target)")
                }
                #expect(second.gateway.lateCounters.used == 0)
            }
        }

        @Test(arguments: [Reservation.State.granted, .held, .denied])
        func `A decision that a quota had a say in answers nobody else`(state: Reservation.State) async throws {
            try await withTwoGateways { first, second, worker, _ in
                _ = try await missDeadline(at: first, worker, Self.decision(quota: state))
                try await eventually("it to be withheld") { first.gateway.lateCounters.withheld == 1 }
                #expect(try await first.get(Self.target).text.contains("false"))
                #expect(try await second.get(Self.target).text.contains("false"))
                for gateway in [first.gateway, second.gateway] {
                    #expect(gateway.lateCounters.told == 0)
                    #expect(gateway.lateCounters.received == 0)
                    #expect(gateway.lateCounters.remembered == 0)
                }
                // The audit trail hears of it all the same.
                #expect(first.gateway.outcomeCounters.lateDecisions == 1)
            }
        }

        @Test func `What nobody understands, what is too old and what is forged is counted and harms nothing`()
            async throws
        {
            try await withTwoGateways { first, second, _, topology in
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    func tell(_ body: [UInt8]) {
                        channel.publish(AMQPMessage(exchange: topology.lateExchange, routingKey: "any", body: body))
                    }
                    let event = StreamEvent(
                        id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63),
                        receivedAt: Self.now(),
                        domain: "d",
                        app: "a",
                        stream: "s",
                        bitrate: 2_000
                    )
                    let old = try LateAnswer(event: event, decision: Self.decision(.seconds(41)), worker: "w")
                    let ahead = try LateAnswer(event: event, decision: Self.decision(.seconds(-3_600)), worker: "w")
                    let good = String(
                        decoding: try LateAnswer(event: event, decision: Self.decision(), worker: "w").encodedBody(),
                        as: UTF8.self
                    )
                    let forged = good.replacing(
                        #""rule":1"#,
                        with: #""rule":1,"reservation":{"quota":"q","bucket":"","state":"granted"}"#
                    )
                    #expect(forged != good)
                    for body in ["", "{}", "garbage", #"{"schema":2}"#, forged] { tell(Array(body.utf8)) }
                    tell(old.encodedBody())
                    tell(ahead.encodedBody())
                    for gateway in [first, second] {
                        try await eventually("all to be counted") {
                            let counters = gateway.gateway.lateCounters
                            return counters.malformed == 5 && counters.outdated == 2
                        }
                        #expect(gateway.gateway.lateCounters.remembered == 0)
                        #expect(try await gateway.get(Self.target).text.contains("false"))
                        #expect(gateway.gateway.brokerState == "ok")
                    }
                    let letters = try await channel.declareQueue(AMQPQueue(name: topology.deadQueue), passive: true)
                    #expect(letters.messageCount == 0)
                    // It goes on after all that.
                    tell(Array(good.utf8))
                    try await eventually("the good one") { second.gateway.lateCounters.remembered == 1 }
                    #expect(try await second.get(Self.target).text == Self.answer)
                }
            }
        }

        @Test func `A gateway that is told to takes no part`() async throws {
            try await withTwoGateways(configure: { $0.usesLateDecisions = false }) { first, second, worker, _ in
                _ = try await missDeadline(at: first, worker, Self.decision())
                try await eventually("the first to know by the broker") { first.gateway.lateCounters.received == 1 }
                #expect(try await second.get(Self.target).text.contains("false"))
                #expect(second.gateway.lateCounters == LateCounters())
            }
        }

        @Test func `Without a broker a gateway answers what it remembers at once`() async throws {
            try await ProductBroker.withTopology(answerBudget: .milliseconds(400)) { topology in
                try await RunningGateway.with(topology: topology, amqp: RunningGateway.absentBroker()) { gateway in
                    let event = StreamEvent(
                        id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63),
                        receivedAt: Self.now(),
                        domain: "d",
                        app: "a",
                        stream: "s",
                        bitrate: 2_000
                    )
                    let late = try LateAnswer(event: event, decision: Self.decision(.seconds(38)), worker: "w")
                    gateway.gateway.lateAnswersTold([(late, 300)], malformed: 0)
                    #expect(try await gateway.get(Self.target).text == Self.answer)
                    // Two seconds are left of its time, by the monotonic clock.
                    try await eventually("its time to be over") {
                        try await gateway.get(Self.target).text.contains("false")
                    }
                    #expect(gateway.gateway.counters.fallbacks[.brokerUnavailable] ?? 0 >= 1)
                }
            }
        }
    }
}
