import DecisionCore
import TestSupport
import Testing
import Wire

/// Input that nobody means well with: an error at the most.
@Suite struct JSONReaderHostileTests {
    private static let valid = Array(
        #" {"a" : [1, -2.5e+3, "x\n\u00e9\uD83C\uDFA5日", true, false, null, {}], "b":{"c":[[]]} } "#.utf8
    )

    @Test func `No beginning of a valid text is a valid text`() throws {
        try JSONReaderTests.skip(Self.valid)
        // The last byte is a blank.
        for length in 0..<Self.valid.count - 1 {
            #expect(throws: JSONError.self, "the first \(length) bytes") {
                try JSONReaderTests.skip(Array(Self.valid[..<length]))
            }
        }
    }

    @Test func `No beginning of a message body is a message body`() {
        let body = StreamEvent.example.encodedBody()
        for length in 0..<body.count {
            #expect(throws: WireError.self, "the first \(length) bytes") {
                try StreamEvent(decodingBody: Array(body[..<length]))
            }
        }
    }

    @Test func `A hundred thousand random inputs are read or refused`() {
        var random = SeededGenerator(seed: 100)
        let alphabet = Array("{}[]\",:\\/ \n0123456789.eE+-truefalsn\u{1}uD8dC00\u{FF}".utf8) + [0xC3, 0xFF, 0x80]
        var read = 0
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...24, using: &random)
            let noise = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let likely = (0..<length).map { _ in alphabet.randomElement(using: &random)! }
            for bytes in [noise, likely] {
                if (try? JSONReaderTests.skip(bytes)) != nil { read += 1 }
            }
        }
        // Single digits and the like occur, so the inputs are not all refused.
        #expect(read > 500)
    }

    @Test func `Message bodies with bytes changed, dropped or doubled are read or refused`() throws {
        var random = SeededGenerator(seed: 101)
        let unmet = UnmetCondition(.app, demanded: "live*", found: "test123")
        let decision = Decision(
            verdict: .record(try RecordingPlan(formats: [.mp4, .flv], intervals: [.mp4: 300])),
            reason: .rule(Rule.ID(rawValue: 12)),
            losingRules: [
                .init(id: Rule.ID(rawValue: 3), reason: .preceded(.priority)),
                .init(id: Rule.ID(rawValue: 4), reason: .unmet(unmet)),
            ],
            omittedLosingRules: 1,
            revision: 7,
            utcOffsets: ["UTC": 0],
            reservation: Reservation(quota: "gold", state: .granted, concurrent: .init(used: 4, limit: 5)),
            decidedAt: StreamEvent.example.receivedAt
        )
        let bodies = [
            StreamEvent.example.encodedBody(),
            Reply(eventID: .example, content: .decision(decision), worker: "w").encodedBody(),
        ]
        var refused = 0
        for _ in 0..<20_000 {
            var body = bodies.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: body[index] = UInt8.random(in: 0...255, using: &random)
                case 1: body.remove(at: index)
                default: body.insert(body[index], at: index)
                }
            }
            if (try? StreamEvent(decodingBody: body)) == nil, (try? Reply(decodingBody: body)) == nil { refused += 1 }
        }
        #expect((1..<20_000).contains(refused))
    }
}
