internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Who is told what became of a connection's questions. Every question ends with exactly one call.
protocol PlatformConnectionDelegate: AnyObject {
    /// The connection asked for with ``PlatformConnection/open(deadline:)`` is there, or could not be made.
    func connectionDidOpen(_ connection: PlatformConnection)
    func connection(_ connection: PlatformConnection, didReceive answer: ReceivedAnswer)
    func connection(_ connection: PlatformConnection, didFailWith failure: CallbackFailure)
}

/// One HTTP/1.1 connection of the platform, made when it is needed and kept as long as the server keeps it.
///
/// Belongs to its event loop. It has no timer: whoever owns it calls ``expire(at:)`` from time to time.
final class PlatformConnection {
    /// The number by which the owner knows this connection.
    let index: Int
    weak var delegate: (any PlatformConnectionDelegate)?
    /// How often a connection was established.
    private(set) var establishedCount = 0

    private let target: PlatformTarget
    private let eventLoop: any EventLoop
    private var machine = ConnectionStateMachine()
    /// The end of the channel in use.
    private var handler: ExchangeHandler?
    /// Tells the attempt whose result counts from those that were given up.
    private var connectAttempt = 0
    private var request: HTTPRequestHead?
    private var deadline = NIODeadline.distantFuture

    init(index: Int, target: PlatformTarget, eventLoop: any EventLoop) {
        self.index = index
        self.target = target
        self.eventLoop = eventLoop
    }

    /// Connects ahead of the first question.
    func open(deadline: NIODeadline) {
        self.deadline = deadline
        perform(machine.openRequested())
    }

    /// Asks a question. There must not be another one under way.
    func ask(_ request: HTTPRequestHead, deadline: NIODeadline) {
        self.request = request
        self.deadline = deadline
        perform(machine.questionAsked())
    }

    /// Gives up what should be done by now.
    func expire(at now: NIODeadline) {
        guard deadline <= now, machine.isWaitedFor else { return }
        giveUp(.timeout)
    }

    /// Closes the connection; a question under way fails with `failure`.
    func giveUp(_ failure: CallbackFailure) {
        dropChannel()
        perform(machine.givenUp(failure))
    }

    // MARK: From the channel

    func answerBegan() {
        machine.answerBegan()
    }

    func answerEnded(_ answer: ReceivedAnswer) {
        perform(machine.answerEnded(isKeepAlive: answer.head.isKeepAlive), answer: answer)
    }

    func lost(_ failure: CallbackFailure) {
        handler = nil
        perform(machine.connectionLost(failure))
    }

    // MARK: Actions

    private func perform(_ action: ConnectionStateMachine.Action, answer: ReceivedAnswer? = nil) {
        switch action {
        case .none:
            break
        case .connect:
            connect()
        case .send:
            guard let request else { return }
            handler?.send(request)
        case .reportOpened:
            delegate?.connectionDidOpen(self)
        case .reportAnswer(let keepsConnection):
            if !keepsConnection {
                dropChannel()
            }
            guard let answer else { return }
            delegate?.connection(self, didReceive: answer)
        case .reportFailure(let failure):
            delegate?.connection(self, didFailWith: failure)
        }
    }

    private func connect() {
        connectAttempt += 1
        let attempt = connectAttempt
        ClientBootstrap(group: eventLoop)
            .connectTimeout(max(deadline - .now(), .milliseconds(1)))
            .channelInitializer { channel in
                // A host name may have several addresses, and each that is tried gets a channel of its own.
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPRequestEncoder(),
                        ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)),
                        ExchangeHandler(),
                    ])
                }
            }
            .connect(host: target.host, port: target.port)
            .assumeIsolated()
            .whenComplete { self.connectEnded($0, attempt: attempt) }
    }

    private func connectEnded(_ result: Result<any Channel, any Error>, attempt: Int) {
        guard attempt == connectAttempt else {
            // Given up meanwhile.
            try? result.get().close(promise: nil)
            return
        }
        do {
            let channel = try result.get()
            let handler = try channel.pipeline.syncOperations.handler(type: ExchangeHandler.self)
            handler.connection = self
            self.handler = handler
            establishedCount += 1
            perform(machine.connected())
        } catch {
            perform(machine.connectFailed(CallbackFailure(connecting: error)))
        }
    }

    private func dropChannel() {
        connectAttempt += 1
        handler?.giveUp()
        handler = nil
    }
}
