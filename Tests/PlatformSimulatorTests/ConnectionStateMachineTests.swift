internal import PlatformSimulator
internal import Testing

@Suite struct ConnectionStateMachineTests {
    /// A machine whose connection is open and has carried one question.
    private static func reused() -> ConnectionStateMachine {
        var machine = ConnectionStateMachine()
        _ = machine.questionAsked()
        _ = machine.connected()
        machine.answerBegan()
        _ = machine.answerEnded(isKeepAlive: true)
        return machine
    }

    @Test func `the first question makes a connection, the next uses it`() {
        var machine = ConnectionStateMachine()
        #expect(machine.questionAsked() == .connect)
        #expect(machine.isWaitedFor)
        #expect(machine.connected() == .send)
        machine.answerBegan()
        #expect(machine.answerEnded(isKeepAlive: true) == .reportAnswer(keepsConnection: true))
        #expect(!machine.isWaitedFor)
        #expect(machine.questionAsked() == .send)
    }

    @Test func `a connection that was opened ahead waits for its question`() {
        var machine = ConnectionStateMachine()
        #expect(machine.openRequested() == .connect)
        #expect(machine.connected() == .reportOpened)
        #expect(machine.questionAsked() == .send)
    }

    @Test func `a connection that could not be opened ahead is tried again with the question`() {
        var machine = ConnectionStateMachine()
        _ = machine.openRequested()
        #expect(machine.connectFailed(.refused) == .reportOpened)
        #expect(machine.questionAsked() == .connect)
        #expect(machine.connectFailed(.refused) == .reportFailure(.refused))
        #expect(machine.questionAsked() == .connect)
    }

    @Test func `a server that does not keep the connection gets a new one`() {
        var machine = ConnectionStateMachine()
        _ = machine.questionAsked()
        _ = machine.connected()
        machine.answerBegan()
        #expect(machine.answerEnded(isKeepAlive: false) == .reportAnswer(keepsConnection: false))
        #expect(machine.questionAsked() == .connect)
    }

    @Test func `an idle connection may be closed without anybody noticing`() {
        var machine = Self.reused()
        #expect(machine.connectionLost(.closed) == .none)
        #expect(machine.questionAsked() == .connect)
    }

    @Test(arguments: [CallbackFailure.closed, .reset])
    func `a question that crosses the closing of a kept connection is asked again`(failure: CallbackFailure) {
        var machine = Self.reused()
        #expect(machine.questionAsked() == .send)
        #expect(machine.connectionLost(failure) == .connect)
        #expect(machine.connected() == .send)
        // Once: the connection is new this time.
        #expect(machine.connectionLost(failure) == .reportFailure(failure))
    }

    @Test func `an answer that broke off is a failure on a kept connection too`() {
        var machine = Self.reused()
        _ = machine.questionAsked()
        machine.answerBegan()
        #expect(machine.connectionLost(.reset) == .reportFailure(.reset))
    }

    @Test func `what is not HTTP is not asked again`() {
        var machine = Self.reused()
        _ = machine.questionAsked()
        #expect(machine.connectionLost(.notHTTP) == .reportFailure(.notHTTP))
    }

    @Test func `giving up fails the question in every phase, and an idle connection silently`() {
        var connecting = ConnectionStateMachine()
        _ = connecting.questionAsked()
        #expect(connecting.givenUp(.timeout) == .reportFailure(.timeout))
        #expect(connecting.connected() == .none)

        var busy = Self.reused()
        _ = busy.questionAsked()
        #expect(busy.givenUp(.timeout) == .reportFailure(.timeout))
        #expect(busy.connectionLost(.closed) == .none)

        var opening = ConnectionStateMachine()
        _ = opening.openRequested()
        #expect(opening.givenUp(.timeout) == .reportOpened)

        var idle = Self.reused()
        #expect(idle.givenUp(.cancelled) == .none)
        #expect(idle.questionAsked() == .connect)
    }
}
