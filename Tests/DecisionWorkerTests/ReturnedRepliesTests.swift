import AMQP
import DecisionCore
import Testing
import Wire

@testable import DecisionWorker

@Suite struct ReturnedRepliesTests {
    private static func returned(_ message: AMQPMessage) -> AMQPReturn {
        AMQPReturn(
            replyCode: 312,
            replyText: "NO_ROUTE",
            exchange: "",
            routingKey: message.routingKey,
            properties: message.properties,
            body: message.body
        )
    }

    private static func reply(_ number: Int, _ content: Reply.Content? = nil) -> Reply {
        let decision = Decision(verdict: .skip, reason: .noRuleMatches, revision: 1, decidedAt: .example)
        return Reply(eventID: .number(number), content: content ?? .decision(decision), worker: "w")
    }

    @Test func `Every reply of every message is counted, and each decision on a callback is for the audit trail`() {
        let replies = ReturnedReplies(topology: Topology(), worker: "w", now: { .example })
        var messages = ReplyMessage.messages(
            (1...70).map { Self.reply($0) } + [Self.reply(71, .failure(.stateUnavailable))],
            to: "gone"
        )
        messages.append(Self.reply(72).message(to: "gone"))
        messages.append(Self.reply(73).message(to: "gone", replayOf: .number(1_000)))
        messages.append(AMQPMessage(routingKey: "gone", body: Array("no reply".utf8)))
        #expect(replies.took(messages.map(Self.returned)) == 73)
        // There is no broker to publish them to, so it is known how many they are.
        #expect(replies.unkept == 71)
        #expect(replies.took([]) == 0)
        #expect(replies.unkept == 71)
    }
}
