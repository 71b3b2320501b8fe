import DecisionCore
import TestSupport
import Testing
import Wire

@testable import CallbackGateway

/// Scripts of a state machine.
@Suite struct LateMemoryTests {
    private typealias Memory = LateMemory<ScriptedInstant>

    /// A decision about this stream, made at this millisecond.
    private static func answer(_ stream: String, decidedAt: Int = 0, event: Int = 0) throws -> LateAnswer {
        try LateAnswer(
            event: StreamEvent(
                id: EventID(high: 0x7000, low: 1 << 63 | UInt64(event)),
                receivedAt: Timestamp(millisecondsSinceEpoch: 0),
                domain: "d",
                app: "a",
                stream: stream
            ),
            decision: Decision(
                verdict: .skip,
                reason: .noRuleMatches,
                revision: 1,
                decidedAt: Timestamp(millisecondsSinceEpoch: Int64(decidedAt))
            ),
            worker: "w"
        )
    }

    private static func question(_ stream: String) throws -> StreamQuestion { try answer(stream).event.question }

    @Test func `A decision answers its question until its time is over, and no other`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        let answer = try Self.answer("a")
        #expect(try memory.answer(to: Self.question("a"), now: 0) == nil)
        let isNews = memory.remember(answer, length: 100, until: 40_000, now: 0)
        #expect(isNews)
        #expect(try memory.answer(to: Self.question("a"), now: 0) == answer)
        #expect(try memory.answer(to: Self.question("a"), now: 39_999) == answer)
        #expect(try memory.answer(to: Self.question("a"), now: 40_000) == nil)
        #expect(try memory.answer(to: Self.question("b"), now: 0) == nil)
    }

    @Test func `It answers every time`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        _ = memory.remember(try Self.answer("a"), length: 100, until: 40_000, now: 0)
        for now in [1, 2, 3] {
            #expect(try memory.answer(to: Self.question("a"), now: ScriptedInstant(now)) != nil)
        }
    }

    @Test func `What is over is forgotten, in whatever order it came`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        _ = memory.remember(try Self.answer("late"), length: 100, until: 300, now: 0)
        _ = memory.remember(try Self.answer("soon"), length: 100, until: 100, now: 0)
        memory.forget(now: 200)
        #expect(try memory.answer(to: Self.question("soon"), now: 200) == nil)
        #expect(try memory.answer(to: Self.question("late"), now: 200) != nil)
        memory.forget(now: 300)
        #expect(memory.count == 0)
        #expect(memory.bytes == 0)
        #expect(memory.orderCount == 0)
        #expect(memory.crowdedOut == 0)
    }

    @Test func `Of two decisions the later one counts, and the same one is no news`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        let later = try Self.answer("a", decidedAt: 20, event: 2)
        let earlier = try Self.answer("a", decidedAt: 10, event: 1)
        var news: [Bool] = []
        for (answer, until) in [(earlier, 50_000), (later, 60_000), (later, 70_000), (earlier, 50_000)] {
            news.append(memory.remember(answer, length: 1, until: ScriptedInstant(until), now: 0))
        }
        #expect(news == [true, true, false, false])
        #expect(try memory.answer(to: Self.question("a"), now: 59_999)?.event.id == later.event.id)
        #expect(try memory.answer(to: Self.question("a"), now: 60_000) == nil)
        #expect(memory.count == 1)
    }

    @Test func `Once the later decision is over an earlier one is news`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        _ = memory.remember(try Self.answer("a", decidedAt: 20), length: 1, until: 100, now: 0)
        let isNews = memory.remember(try Self.answer("a", decidedAt: 10), length: 1, until: 200, now: 100)
        #expect(isNews)
    }

    @Test func `The oldest makes room, by count and by bytes`() throws {
        var memory = Memory(maximumCount: 2, maximumBytes: 100_000)
        for stream in ["a", "b", "c"] {
            _ = memory.remember(try Self.answer(stream), length: 1, until: 40_000, now: 0)
        }
        #expect(memory.count == 2)
        #expect(memory.crowdedOut == 1)
        #expect(try memory.answer(to: Self.question("a"), now: 0) == nil)

        var small = Memory(maximumCount: 100, maximumBytes: 2 * Memory.overhead + 300)
        for stream in ["a", "b"] {
            _ = small.remember(try Self.answer(stream), length: 150, until: 40_000, now: 0)
        }
        #expect(small.count == 2)
        _ = small.remember(try Self.answer("c"), length: 1, until: 40_000, now: 0)
        #expect(try small.answer(to: Self.question("a"), now: 0) == nil)
        #expect(try small.answer(to: Self.question("c"), now: 0) != nil)
        // One that has no room at all does not stay either.
        _ = small.remember(try Self.answer("d"), length: 2_000, until: 40_000, now: 0)
        #expect(small.count == 0)
        #expect(small.bytes == 0)
    }

    @Test func `One question again and again takes one place`() throws {
        var memory = Memory(maximumCount: 10, maximumBytes: 100_000)
        for number in 0..<10_000 {
            _ = memory.remember(
                try Self.answer("a", decidedAt: number),
                length: 100,
                until: ScriptedInstant(40_000 + number),
                now: ScriptedInstant(number)
            )
            #expect(memory.orderCount <= 18)
        }
        #expect(memory.count == 1)
        #expect(memory.bytes == 100 + Memory.overhead)
    }

    /// What is remembered, without limits, forgetting or order: an answer must be one of these.
    private struct Model {
        var known: [StreamQuestion: [(answer: LateAnswer, until: Int)]] = [:]

        func allows(_ answer: LateAnswer, to question: StreamQuestion, now: Int) -> Bool {
            known[question]?.contains { $0.answer == answer && now < $0.until } ?? false
        }
    }

    @Test(arguments: 0..<20)
    func `Whatever comes, it keeps its bounds, and never answers another question or too late`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (count, bytes) = (Int.random(in: 1...30, using: &random), Int.random(in: 500...20_000, using: &random))
        var memory = Memory(maximumCount: count, maximumBytes: bytes)
        var model = Model()
        var now = 0
        var answered = 0
        for step in 0..<2_000 {
            now += Int.random(in: 0...200, using: &random)
            let stream = "s\(Int.random(in: 0..<60, using: &random))"
            if Bool.random(using: &random) {
                let answer = try Self.answer(
                    stream,
                    decidedAt: now - Int.random(in: 0...2_000, using: &random),
                    event: step
                )
                let until = now + Int.random(in: 0...20_000, using: &random)
                let length = Int.random(in: 100...3_000, using: &random)
                _ = memory.remember(answer, length: length, until: ScriptedInstant(until), now: ScriptedInstant(now))
                model.known[answer.event.question, default: []].append((answer, until))
            } else {
                let question = try Self.question(stream)
                if let answer = memory.answer(to: question, now: ScriptedInstant(now)) {
                    answered += 1
                    #expect(answer.event.question == question)
                    #expect(model.allows(answer, to: question, now: now))
                }
            }
            if step % 97 == 0 { memory.forget(now: ScriptedInstant(now)) }
            #expect(memory.count <= count)
            #expect(memory.bytes <= bytes)
            #expect(memory.orderCount <= 2 * count + 17)
        }
        #expect(answered > 0)
        memory.forget(now: ScriptedInstant(now + 20_000))
        #expect(memory.count == 0)
        #expect(memory.bytes == 0)
    }
}
