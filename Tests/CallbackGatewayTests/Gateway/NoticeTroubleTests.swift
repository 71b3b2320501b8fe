import AMQP
import DecisionCore
import ReplyCorrelator
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

extension GatewayTests {
    /// A notice is answered with success only when it is kept, whatever the broker does.
    @Suite struct NoticeTroubleTests {
        private static let target = "/callbacks/ingest?action=publish&app=i&appname=a&id=s&time=1"
        private static let request = "GET \(target) HTTP/1.1\r\nHost: gateway\r\n\r\n"

        private func withGateway(_ body: (RunningGateway, Topology) async throws -> Void) async throws {
            try await ProductBroker.withTopology { topology in
                try await RunningGateway.with(topology: topology, amqp: ProductBroker.configuration()) { gateway in
                    try await gateway.waitUntilReady()
                    try await body(gateway, topology)
                }
            }
        }

        private func withCable(
            budget: Duration = .milliseconds(4_900),
            configure: (inout GatewayConfiguration) -> Void = { _ in },
            _ body: (RunningGateway, Topology, BrokerProxy) async throws -> Void
        ) async throws {
            try await ProductBroker.withTopology(answerBudget: budget) { topology in
                try await BrokerProxy.with { proxy, amqp in
                    try await RunningGateway.with(topology: topology, amqp: amqp, configure: configure) { gateway in
                        try await gateway.waitUntilReady()
                        try await body(gateway, topology, proxy)
                    }
                }
            }
        }

        /// Sends a notice and checks that it is not kept, for this cause, and long before the budget is used up.
        private func expectNotKept(_ cause: NotKeptCause, atOnceFrom gateway: RunningGateway) async throws {
            let before = gateway.gateway.noticeCounters.notKept[cause] ?? 0
            let connection = try await gateway.connect()
            defer { connection.close() }
            let start = ContinuousClock.now
            let answer = try await connection.get(Self.target)
            #expect(start.duration(to: answer.arrival) < .seconds(2))
            expect(answer, isNotKept: cause)
            #expect(gateway.gateway.noticeCounters.notKept[cause] == before + 1)
        }

        private func expect(_ answer: HTTPAnswer, isNotKept cause: NotKeptCause) {
            #expect(answer.status == 503)
            #expect(answer.error("code") == "not_kept")
            #expect(answer.error("message") == "the notice is not kept: \(cause.rawValue)")
            #expect(answer.headers["x-needrecord-event"] == nil)
        }

        @Test func `A broker that was never there costs no time`() async throws {
            try await RunningGateway.with(amqp: RunningGateway.absentBroker()) { gateway in
                try await expectNotKept(.brokerUnavailable, atOnceFrom: gateway)
                #expect(gateway.gateway.counters.rejected == [503: 1])
            }
        }

        @Test func `A notice is not kept while its stream is gone, and again when it is back`() async throws {
            try await withGateway { gateway, topology in
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    try await channel.deleteQueue(topology.outcomesStream)
                    try await expectNotKept(.unroutable, atOnceFrom: gateway)
                    try await topology.declare(on: connection)
                }
                #expect(try await gateway.get(Self.target).status == 200)
                try await OutcomesReader.with(topology) { _ = try await $0.notices(1) }
            }
        }

        @Test func `A notice that the broker refuses is not kept`() async throws {
            try await withGateway { gateway, topology in
                let full = AMQPQueue(
                    name: "\(topology.namespace).full",
                    arguments: ["x-queue-type": "classic", "x-max-length": 0, "x-overflow": "reject-publish"]
                )
                try await ProductBroker.withConnection { connection in
                    let channel = try await connection.openChannel()
                    try await channel.deleteQueue(topology.outcomesStream)
                    try await channel.declareQueue(full)
                    try await channel.bind(
                        queue: full.name,
                        exchange: topology.exchange,
                        routingKey: Topology.ingestKey
                    )
                    try await expectNotKept(.refused, atOnceFrom: gateway)
                    try await channel.deleteQueue(full.name)
                }
            }
        }

        @Test func `A broker that is short of memory keeps no notices, and then does again`() async throws {
            try await withGateway { gateway, _ in
                try await ProductBroker.whileShortOfMemory {
                    // The first has been written when the broker says so, the second is not.
                    try await expectNotKept(.brokerBlocked, atOnceFrom: gateway)
                    try await expectNotKept(.brokerBlocked, atOnceFrom: gateway)
                }
                try await gateway.waitUntilReady()
                #expect(try await gateway.get(Self.target).status == 200)
            }
        }

        @Test func `A notice that comes during a short interruption waits for its end, and is kept`() async throws {
            try await withCable { gateway, topology, proxy in
                await proxy.cutForGood()
                try await eventually("the loss to be noticed") { gateway.gateway.brokerState == "interrupted" }
                let connection = try await gateway.connect()
                try await connection.send(Self.request)
                try await eventually("it to wait") { gateway.gateway.noticeCounters.pending == 1 }
                #expect(connection.answers.isEmpty)
                await proxy.restore()
                let answer = try await connection.answer(1)
                #expect(answer.status == 200)
                try await OutcomesReader.with(topology) { reader in
                    let notice = try await reader.notices(1)[0]
                    #expect(notice.id.description == answer.headers["x-needrecord-event"])
                }
            }
        }

        @Test func `Notices that were lost with their connection are published again`() async throws {
            try await withCable { gateway, topology, proxy in
                await proxy.swallow()
                let connections = [try await gateway.connect(), try await gateway.connect()]
                for connection in connections { try await connection.send(Self.request) }
                try await eventually("both to wait") { gateway.gateway.noticeCounters.pending == 2 }
                await proxy.cut()
                var ids: [String?] = []
                for connection in connections {
                    let answer = try await connection.answer(1)
                    #expect(answer.status == 200)
                    ids.append(answer.headers["x-needrecord-event"])
                }
                try await OutcomesReader.with(topology) { reader in
                    let kept = try await reader.ids(2)
                    #expect(kept == Set(ids.compactMap { $0 }))
                }
            }
        }

        @Test func `A notice whose confirm does not come is not kept at the budget`() async throws {
            let budget = Duration.milliseconds(600)
            try await withCable(budget: budget) { gateway, _, proxy in
                await proxy.swallow()
                let connection = try await gateway.connect()
                let probe = StallProbe()
                let start = ContinuousClock.now
                // One after the other, so that the deadlines are watched once more after there was none.
                for number in 1...2 {
                    let answer = try await connection.exchange(Self.request)
                    expect(answer, isNotKept: .timeout)
                    #expect(start.duration(to: answer.arrival) >= budget * number)
                    let stalled = probe.stalled(from: start, to: answer.arrival)
                    #expect(start.duration(to: answer.arrival) - stalled < budget * number + .milliseconds(500))
                }
                #expect(gateway.gateway.noticeCounters.notKept == [.timeout: 2])
                await proxy.cut()
            }
        }

        @Test func `More notices than may wait are not kept`() async throws {
            try await withCable(configure: { $0.maximumPending = 2 }) { gateway, _, proxy in
                await proxy.swallow()
                let waiting = [try await gateway.connect(), try await gateway.connect()]
                for connection in waiting { try await connection.send(Self.request) }
                try await eventually("two to wait") { gateway.gateway.noticeCounters.pending == 2 }
                try await expectNotKept(.overloaded, atOnceFrom: gateway)
                await proxy.cut()
                for connection in waiting { #expect(try await connection.answer(1).status == 200) }
            }
        }

        @Test func `More bytes of notices than may wait are not kept`() async throws {
            try await withCable(configure: { $0.maximumPendingNoticeBytes = 1 }) { gateway, _, proxy in
                await proxy.swallow()
                let waiting = try await gateway.connect()
                // Larger than all that may wait, but there is nothing else.
                try await waiting.send(Self.request)
                try await eventually("it to wait") { gateway.gateway.noticeCounters.pending == 1 }
                try await expectNotKept(.overloaded, atOnceFrom: gateway)
                await proxy.cut()
                #expect(try await waiting.answer(1).status == 200)
            }
        }

        @Test func `After the grace period notices are not kept at once, until the broker is back`() async throws {
            try await withCable(
                budget: .seconds(2),
                configure: { $0.brokerGrace = .milliseconds(100) }
            ) { gateway, _, proxy in
                await proxy.swallow()
                let early = try await gateway.connect()
                try await early.send(Self.request)
                try await eventually("it to wait") { gateway.gateway.noticeCounters.pending == 1 }
                await proxy.cutForGood()
                try await eventually("the end of the grace period") {
                    gateway.gateway.noticeRefusal == .brokerUnavailable
                }
                try await expectNotKept(.brokerUnavailable, atOnceFrom: gateway)
                // The one that waited has what is left of its budget, and what ended it is known.
                expect(try await early.answer(1), isNotKept: .brokerUnavailable)
                await proxy.restore()
                try await gateway.waitUntilReady()
                #expect(try await gateway.get(Self.target).status == 200)
            }
        }

        @Test func `A gateway that is stopping keeps no new notices, and those in flight end first`() async throws {
            try await withCable { gateway, topology, proxy in
                let idle = try await gateway.connect()
                #expect(try await idle.get("/nowhere").status == 404)
                let sending = try await gateway.connect()
                let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n"
                try await sending.send(
                    "POST /callbacks/ingest?action=publish&app=i&appname=a&id=s HTTP/1.1\r\n\(form)\r\n"
                )
                await proxy.swallow()
                let waiting = try await gateway.connect()
                try await waiting.send(Self.request)
                try await eventually("it to wait") { gateway.gateway.noticeCounters.pending == 1 }
                // As for callbacks: a second exchange gives the other connection the time to count as busy.
                #expect(try await idle.get("/nowhere").status == 404)

                await gateway.shutDown()
                try await eventually("it to drain") { gateway.gateway.isDraining }
                // What is idle is closed after that.
                try await idle.waitUntilClosed()
                try await sending.send("time=1")
                expect(try await sending.answer(1), isNotKept: .draining)
                try await sending.waitUntilClosed()

                await proxy.cut()
                #expect(try await waiting.answer(1).status == 200)
                try await waiting.waitUntilClosed()
                #expect(gateway.gateway.noticeCounters.kept == 1)
                #expect(gateway.gateway.noticeCounters.notKept == [.draining: 1])
                try await OutcomesReader.with(topology) { _ = try await $0.notices(1) }
            }
        }
    }
}
