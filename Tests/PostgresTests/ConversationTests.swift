import Testing

@testable import Postgres

@Suite struct ConversationTests {
    private let steps: [Conversation.Step] = [
        .setTimeout(milliseconds: 100), .prepare(statement: "s1", query: 0), .execute(query: 0, statement: "s1"),
    ]

    @Test func `a query that is prepared on the way`() {
        var conversation = Conversation(.pipeline(steps))
        #expect(conversation.received(.command) == .timeoutSet(milliseconds: 100))
        #expect(conversation.receivedEnd() == .proceed)
        #expect(conversation.received(.command) == .prepared(statement: "s1", query: 0))
        #expect(conversation.receivedEnd() == .proceed)
        #expect(!conversation.hasExecuted)
        #expect(conversation.received(.rows) == .keep(query: 0))
        #expect(conversation.hasExecuted)
        #expect(conversation.receivedEnd() == .proceed)
        #expect(conversation.received(.synced) == .finish)
    }

    @Test func `what follows a failure is skipped up to the end`() {
        var conversation = Conversation(.pipeline(steps))
        _ = conversation.received(.command)
        _ = conversation.receivedEnd()
        #expect(conversation.received(.failed) == .fail)
        #expect(conversation.receivedEnd() == .proceed)
        #expect(conversation.received(.skipped) == .proceed)
        #expect(conversation.receivedEnd() == .proceed)
        #expect(conversation.received(.synced) == .finish)
        #expect(!conversation.hasExecuted)
    }

    @Test func `a pipeline that ends early or late is a violation`() {
        var early = Conversation(.pipeline(steps))
        guard case .violation = early.received(.synced) else {
            Issue.record("taken for the end")
            return
        }
        var late = Conversation(.pipeline([.execute(query: 0, statement: nil)]))
        _ = late.received(.rows)
        _ = late.receivedEnd()
        guard case .violation = late.received(.rows) else {
            Issue.record("taken for a result")
            return
        }
        guard case .violation = late.receivedEnd() else {
            Issue.record("taken for the end of a result")
            return
        }
    }

    @Test func `COPY in a pipeline is a violation`() {
        var conversation = Conversation(.pipeline([.execute(query: 0, statement: nil)]))
        guard case .violation = conversation.received(.copyIn) else {
            Issue.record("COPY was begun")
            return
        }
    }

    @Test func `a simple query has any number of results`() {
        var conversation = Conversation(.simple)
        #expect(conversation.received(.command) == .discard)
        #expect(conversation.received(.rows) == .discard)
        #expect(conversation.received(.copyIn) == .refuseRows)
        #expect(conversation.received(.failed) == .fail)
        #expect(conversation.receivedEnd() == .finish)
    }

    @Test func `COPY sends its rows when the server is ready`() {
        var conversation = Conversation(.copy)
        #expect(conversation.received(.copyIn) == .sendRows)
        #expect(conversation.received(.command) == .keep(query: 0))
        #expect(conversation.receivedEnd() == .finish)
    }

    @Test func `a COPY that the server refuses sends nothing`() {
        var conversation = Conversation(.copy)
        #expect(conversation.received(.failed) == .fail)
        #expect(conversation.receivedEnd() == .finish)
    }
}
