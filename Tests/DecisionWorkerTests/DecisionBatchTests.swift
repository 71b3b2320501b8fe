import AMQP
import BusinessState
import DecisionCore
import Testing
import Wire

@testable import DecisionWorker

@Suite struct DecisionBatchTests {
    private static let now = Timestamp.example

    private static func at(_ milliseconds: Int) -> Timestamp {
        now.advanced(by: .milliseconds(milliseconds))
    }

    private static func delivery(_ number: Int, dueIn milliseconds: Int, redelivered: Bool = false) -> AMQPDelivery {
        .of(
            .request(.number(number), replyTo: "replies.\(number)", deadline: at(milliseconds)),
            redelivered: redelivered
        )
    }

    private static func batch(_ deliveries: [AMQPDelivery]) -> DecisionBatch {
        DecisionBatch(deliveries, now: now, topology: Topology(), worker: "worker-1")
    }

    private static func facts(_ revision: Int64, _ effect: Rule.Effect, quota: String? = nil) -> EventFacts {
        let rule = Rule(id: Rule.ID(rawValue: revision), effect: effect, quota: quota)
        return EventFacts(live: Facts(revision: revision, rules: [rule]))
    }

    private static func reply(_ message: AMQPMessage) throws -> Reply {
        try Reply(decodingBody: message.body)
    }

    @Test(arguments: [false, true])
    func `A repetition is charged to a quota only when that was asked`(charging: Bool) throws {
        let message = AMQPMessage.repetition(.number(1), charging: charging, deadline: Self.at(1_000))
        var batch = Self.batch([.of(message), Self.delivery(2, dueIn: 1_000)])
        #expect(batch.counters.replayed == 1)
        var facts = [Self.facts(8, .record(.template), quota: "q"), Self.facts(8, .record(.template), quota: "q")]
        let asks = batch.asks(facts, decidedAt: Self.at(3))
        #expect(asks.map(\.index) == [0, 1])
        #expect(asks.map(\.isTaking) == [charging, true])

        // Too late for its reply: what it may have taken is given back.
        for index in facts.indices { facts[index].live.reservation = Reservation(quota: "q", state: .granted) }
        let messages = batch.decide(facts, decidedAt: Self.at(3), now: Self.at(1_000))
        #expect(messages.isEmpty)
        #expect(batch.aftermath.undelivered == (charging ? [.number(1), .number(2)] : [.number(2)]))
    }

    @Test func `The reply to a repetition is marked, and shadows are not compared`() throws {
        var batch = Self.batch([.of(.repetition(.number(1), deadline: Self.at(1_000))), Self.delivery(2, dueIn: 1_000)])
        var facts = [Self.facts(8, .skip), Self.facts(8, .skip)]
        for index in facts.indices { facts[index].shadow = Facts(revision: 8, rules: []) }
        let messages = batch.decide(facts, decidedAt: Self.at(3), now: Self.at(5))
        #expect(messages.map { $0.properties.headers["replay-of"]?.stringValue } == ["\(EventID.number(1_000))", nil])
        #expect(batch.aftermath.comparisons.map(\.event.id) == [.number(2)])
    }

    @Test func `Each event is decided on its own facts, and replied to where it came from`() throws {
        var batch = Self.batch([Self.delivery(1, dueIn: 1_000), Self.delivery(2, dueIn: 1_000)])
        #expect(batch.requests.map(\.event.id) == [.number(1), .number(2)])
        let messages = batch.decide(
            [Self.facts(8, .record(.template)), Self.facts(9, .skip)],
            decidedAt: Self.at(3),
            now: Self.at(5)
        )
        #expect(messages.map(\.routingKey) == ["replies.1", "replies.2"])
        #expect(messages.allSatisfy { $0.exchange == "" && $0.mandatory })
        let expected = [(1, 8, Decision.Verdict.record(.template)), (2, 9, .skip)].map { number, revision, verdict in
            Reply(
                eventID: .number(number),
                content: .decision(
                    Decision(
                        verdict: verdict,
                        reason: .rule(Rule.ID(rawValue: Int64(revision))),
                        revision: Int64(revision),
                        decidedAt: Self.at(3)
                    )
                ),
                worker: "worker-1"
            )
        }
        #expect(try messages.map(Self.reply) == expected)
        #expect(batch.counters.decided == 2)
        #expect(batch.counters.taken == 2)
        #expect(batch.counters.batches == 1)
        #expect(batch.deadLetters.isEmpty)
    }

    @Test func `Replies to one gateway go together, sixty-four in a message, and a repetition's alone`() throws {
        var deliveries = (1...130).map { number in
            AMQPDelivery.of(.request(.number(number), replyTo: "replies.a", deadline: Self.at(1_000)))
        }
        deliveries.insert(.of(.request(.number(200), replyTo: "replies.b", deadline: Self.at(1_000))), at: 3)
        deliveries.insert(.of(.repetition(.number(300), deadline: Self.at(1_000))), at: 7)
        var batch = Self.batch(deliveries)
        let facts = batch.requests.map { _ in Self.facts(8, .skip) }
        let messages = batch.decide(facts, decidedAt: Self.at(3), now: Self.at(5)) {
            WorkerTimes(total: 20, facts: 10)
        }
        let replies = try messages.map { try ReplyMessage.replies(in: $0.body).map { try $0.get() } }
        #expect(replies.map(\.count) == [1, 64, 64, 2, 1])
        #expect(replies.map { $0[0].eventID } == [300, 1, 65, 129, 200].map { .number($0) })
        #expect(messages[1...].map(\.routingKey) == ["replies.a", "replies.a", "replies.a", "replies.b"])
        #expect(messages.allSatisfy { $0.mandatory && $0.exchange == "" })
        #expect(Set(replies.joined().map(\.eventID)).count == 132)
        #expect(replies.joined().allSatisfy { $0.times == WorkerTimes(total: 20, facts: 10) && $0.isDecision })
        #expect(batch.counters.decided == 132)
    }

    @Test func `An event whose deadline has come is dropped before anything is read for it`() {
        let batch = Self.batch([
            Self.delivery(1, dueIn: -1), Self.delivery(2, dueIn: 0), Self.delivery(3, dueIn: 1),
            .of(.request(.number(4), deadline: Timestamp(millisecondsSinceEpoch: .min))),
        ])
        #expect(batch.requests.map(\.event.id) == [.number(3)])
        #expect(batch.counters.expiredBeforeReading == 3)
        #expect(batch.deadLetters.isEmpty)
    }

    @Test func `An event whose deadline came while the facts were read gets no reply`() throws {
        var batch = Self.batch([Self.delivery(1, dueIn: 10), Self.delivery(2, dueIn: 11), Self.delivery(3, dueIn: 10)])
        let facts = [Self.facts(1, .skip), Self.facts(2, .skip), Self.facts(3, .skip)]
        let messages = batch.decide(facts, decidedAt: Self.now, now: Self.at(10))
        #expect(try messages.map { try Self.reply($0).eventID } == [.number(2)])
        #expect(batch.counters.decided == 1)
        #expect(batch.counters.expiredBeforeReply == 2)
        #expect(batch.counters.expiredBeforeReading == 0)
    }

    @Test func `When the facts cannot be read, whoever still waits is told the cause`() throws {
        var batch = Self.batch([Self.delivery(1, dueIn: 10), Self.delivery(2, dueIn: 1_000)])
        let messages = batch.fail(.stateUnavailable, asked: [], now: Self.at(10))
        #expect(
            try messages.map(Self.reply) == [
                Reply(eventID: .number(2), content: .failure(.stateUnavailable), worker: "worker-1")
            ]
        )
        #expect(messages.map(\.routingKey) == ["replies.2"])
        #expect(batch.counters.stateUnavailable == 1)
        #expect(batch.counters.decided == 0)
        #expect(batch.counters.expiredBeforeReply == 1)
    }

    @Test func `What cannot be understood becomes a letter with the reason, and the rest is decided`() {
        var broken = Self.delivery(1, dueIn: 1_000)
        broken.body = Array("{}".utf8)
        var nowhere = Self.delivery(2, dueIn: 1_000)
        nowhere.properties.replyTo = nil
        let batch = Self.batch([broken, Self.delivery(3, dueIn: 1_000), nowhere])
        #expect(batch.requests.map(\.event.id) == [.number(3)])
        #expect(batch.counters.dead == 2)
        #expect(batch.counters.taken == 3)
        #expect(batch.deadLetters.map(\.routingKey) == ["needrecord.dead", "needrecord.dead"])
        #expect(batch.deadLetters.map(\.body) == [broken.body, nowhere.body])
        #expect(
            batch.deadLetters.map { $0.properties.headers[DeadLetter.reasonHeader] } == [
                "missing_field: schema", "missing_field: reply_to",
            ]
        )
        #expect(batch.deadLetters.allSatisfy { $0.properties.headers["rejected-by"] == "worker-1" })
    }

    @Test func `Time is allowed for the event that has the most`() {
        let batch = Self.batch([
            Self.delivery(1, dueIn: 100), Self.delivery(2, dueIn: 3_000), Self.delivery(3, dueIn: 200),
        ])
        #expect(batch.longestRemaining(now: Self.now) == .milliseconds(3_000))
        #expect(batch.longestRemaining(now: Self.at(2_900)) == .milliseconds(100))
        #expect(Self.batch([Self.delivery(1, dueIn: 0)]).longestRemaining(now: Self.now) == nil)
        #expect(Self.batch([]).longestRemaining(now: Self.now) == nil)
    }

    @Test func `Every delivery is counted as exactly one thing`() {
        var broken = Self.delivery(1, dueIn: 1_000, redelivered: true)
        broken.body = []
        var batch = Self.batch([
            broken, Self.delivery(2, dueIn: 0, redelivered: true), Self.delivery(3, dueIn: 5),
            Self.delivery(4, dueIn: 50),
        ])
        _ = batch.decide([Self.facts(1, .skip), Self.facts(1, .skip)], decidedAt: Self.now, now: Self.at(5))
        var expected = WorkerCounters()
        expected.taken = 4
        expected.redelivered = 2
        expected.batches = 1
        expected.decided = 1
        expected.expiredBeforeReading = 1
        expected.expiredBeforeReply = 1
        expected.dead = 1
        #expect(batch.counters == expected)
    }

    @Test func `Counters add up, every one of them`() {
        var one = WorkerCounters()
        one.taken = 1
        one.redelivered = 2
        one.batches = 3
        one.decided = 4
        one.expiredBeforeReading = 5
        one.expiredBeforeReply = 6
        one.stateUnavailable = 7
        one.dead = 8
        one.undeliverable = 9
        one.undeliverableUnkept = 10
        one.shadowDecided = 11
        one.shadowDifferent = 12
        one.shadowDropped = 13
        one.contended = 14
        one.replayed = 15
        one.undeliverableTold = 16
        var sum = one
        sum.add(one)
        let values = Mirror(reflecting: sum).children.compactMap { $0.value as? Int }
        #expect(values.sorted() == (1...16).map { $0 * 2 })
    }

    @Test func `A quota is asked for the events whose winning rule names it, and for no others`() {
        let batch = Self.batch((1...4).map { Self.delivery($0, dueIn: 1_000) })
        var beaten = Self.facts(3, .record(.template), quota: "basic")
        beaten.live.rules.append(Rule(id: Rule.ID(rawValue: 30), priority: 1, effect: .record(.template)))
        let facts = [
            Self.facts(1, .record(.template)), Self.facts(2, .record(.template), quota: "basic"), beaten,
            Self.facts(4, .record(.template), quota: "gold"),
        ]
        let asks = batch.asks(facts, decidedAt: Self.now)
        #expect(asks.map(\.index) == [1, 3])
        #expect(
            asks.map(\.ask) == [
                ReservationAsk(event: .number(2), rule: Rule.ID(rawValue: 2), quota: "basic"),
                ReservationAsk(event: .number(4), rule: Rule.ID(rawValue: 4), quota: "gold"),
            ]
        )
    }

    @Test(arguments: [
        (Reservation.State.granted, 10, [EventID.number(1)]), (.granted, 11, []), (.held, 10, [.number(1)]),
        (.held, 11, []), (.denied, 10, []),
    ])
    func `A reservation that was granted for an answer nobody waits for any more is to be given back`(
        state: Reservation.State,
        dueIn: Int,
        undelivered: [EventID]
    ) {
        var batch = Self.batch([Self.delivery(1, dueIn: dueIn)])
        var facts = Self.facts(1, .record(.template), quota: "basic")
        facts.live.reservation = Reservation(quota: "basic", state: state)
        let messages = batch.decide([facts], decidedAt: Self.now, now: Self.at(10))
        #expect(messages.count == (dueIn > 10 ? 1 : 0))
        #expect(batch.aftermath.undelivered == undelivered)
    }

    @Test func `Decisions are kept for comparison only where there is a shadow`() {
        var batch = Self.batch([Self.delivery(1, dueIn: 1_000)])
        _ = batch.decide([Self.facts(1, .skip)], decidedAt: Self.now, now: Self.now)
        #expect(batch.aftermath.isEmpty)
        var facts = Self.facts(1, .skip)
        facts.shadow = Self.facts(2, .record(.template)).live
        _ = batch.decide([facts], decidedAt: Self.now, now: Self.now)
        #expect(batch.aftermath.comparisons.map(\.event) == [.number(1)])
    }

    @Test func `What may have been reserved for events that got no decision is to be given back`() {
        var batch = Self.batch([Self.delivery(1, dueIn: 1_000), Self.delivery(2, dueIn: 1_000)])
        let messages = batch.fail(.stateUnavailable, asked: [.number(2)], now: Self.now)
        #expect(messages.count == 2)
        #expect(batch.aftermath.undelivered == [.number(2)])
    }
}
