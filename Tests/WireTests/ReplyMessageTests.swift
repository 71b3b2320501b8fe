import AMQP
import DecisionCore
import Testing

@testable import Wire

@Suite struct ReplyMessageTests {
    private static func reply(_ number: UInt64, _ content: Reply.Content = .failure(.stateUnavailable)) -> Reply {
        Reply(
            eventID: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63 | number),
            content: content,
            worker: "w",
            times: WorkerTimes(total: 30, facts: 20)
        )
    }

    private static func replies(_ body: String) throws -> [Result<Reply, WireError>] {
        try ReplyMessage.replies(in: Array(body.utf8))
    }

    @Test func `What replies have in common stands before them, once`() throws {
        let decision = Decision(
            verdict: .skip,
            reason: .noRuleMatches,
            revision: 7,
            decidedAt: Timestamp(millisecondsSinceEpoch: 5)
        )
        let replies = [Self.reply(1), Self.reply(2, .decision(decision))]
        let message = try #require(ReplyMessage.messages(replies, to: "q").first)
        let text = String(decoding: message.body, as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"{"schema":1,"worker":"w","worker_us":30,"facts_us":20,"replies":"#
                    + #"[{"event":"018bcfe5-6800-7000-8000-000000000001","failure":"state_unavailable"},"#
                    + #"{"event":"018bcfe5-6800-7000-8000-000000000002","verdict":"skip""#
            )
        )
        #expect(try Self.replies(text).map { try $0.get() } == replies)
        #expect(message.routingKey == "q")
        #expect(message.mandatory)
        #expect(message.properties.deliveryMode == .transient)
        #expect(message.properties.type == "decision")
        #expect(message.properties.appID == "w")
    }

    @Test func `One reply travels as it always did`() throws {
        let messages = ReplyMessage.messages([Self.reply(1)], to: "q")
        #expect(messages.map(\.body) == [Self.reply(1).encodedBody()])
        #expect(messages[0].properties.correlationID == "018bcfe5-6800-7000-8000-000000000001")
        #expect(try ReplyMessage.replies(in: messages[0].body) == [.success(Self.reply(1))])
        #expect(ReplyMessage.messages([], to: "q").isEmpty)
    }

    @Test(arguments: [1, 63, 64, 65, 128, 129, 1_000])
    func `Any number of replies is read as it was written`(count: Int) throws {
        let replies = (0..<count).map { Self.reply(UInt64($0)) }
        let messages = ReplyMessage.messages(replies, to: "q")
        #expect(messages.count == (count + 63) / 64)
        let read = try messages.flatMap { try ReplyMessage.replies(in: $0.body) }
        #expect(try read.map { try $0.get() } == replies)
    }

    @Test(arguments: [
        (#"{"event":"x","failure":"state_unavailable"}"#, WireError.Code.invalidField), ("{}", .missingField),
        ("1", .malformedBody), ("null", .malformedBody), (#"{"event":1}"#, .malformedBody),
        (#"{"replies":[{}]}"#, .missingField),
    ])
    func `A reply that is none does not cost the others`(bad: String, code: WireError.Code) throws {
        let good = #"{"event":"018bcfe5-6800-7000-8000-000000000001","failure":"state_unavailable"}"#
        let read = try Self.replies(
            #"{"schema":1,"worker":"w","worker_us":30,"facts_us":20,"replies":["#
                + [good, bad, good].joined(separator: ",")
                + "]}"
        )
        #expect(read.count == 3)
        #expect(read[0] == .success(Self.reply(1)))
        #expect(read[2] == .success(Self.reply(1)))
        #expect(throws: WireError.self) { try read[1].get() }
        if case .failure(let error) = read[1] { #expect(error.code == code) }
    }

    @Test func `Only what is said of the worker holds for all`() throws {
        let event = #""event":"018bcfe5-6800-7000-8000-000000000001""#
        let read = try Self.replies(
            #"{"schema":1,"worker":"w","failure":"state_unavailable","# + event + #","replies":[{},{"# + event + "}]}"
        )
        #expect(read[0] == .failure(WireError(.missingField, "event")))
        #expect(throws: WireError.self) { try read[1].get() }
    }

    @Test func `More replies than are ever sent are not read`() throws {
        let body = { (count: Int) in
            #"{"schema":1,"replies":["# + [String](repeating: "{}", count: count).joined(separator: ",") + "]}"
        }
        #expect(try Self.replies(body(64)).count == 64)
        #expect(throws: WireError.self) { try Self.replies(body(65)) }
    }

    @Test(arguments: [
        (#"{"schema":1,"replies":[1"#, WireError.Code.malformedBody), (#"{"schema":1,"replies":{}}"#, .malformedBody),
        (#"{"schema":2,"replies":[]}"#, .unknownSchema), (#"{"replies":[]}"#, .missingField),
        (#"{"schema":1}"#, .missingField),
    ])
    func `What is no message of replies is named`(body: String, code: WireError.Code) throws {
        let error = try #require(throws: WireError.self) { try Self.replies(body) }
        #expect(error.code == code)
        #expect(ReplyMessage.readableReplies(in: Array(body.utf8)).isEmpty)
    }

    @Test func `No replies are nobody's fault`() throws {
        #expect(try Self.replies(#"{"schema":1,"replies":[]}"#).isEmpty)
    }
}
