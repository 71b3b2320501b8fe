internal import NIOCore
internal import NIOHTTP1

/// One connection on which a ``PlatformClient`` makes its attempts. Belongs to its event loop.
final class PlatformSession: PlatformConnectionDelegate {
    private let connection: PlatformConnection
    private let eventLoop: any EventLoop
    private var promise: EventLoopPromise<ReceivedAnswer>?
    private var timer: LoopTimer?
    private var isClosed = false

    init(target: PlatformTarget, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        connection = PlatformConnection(index: 0, target: target, eventLoop: eventLoop)
        connection.delegate = self
        timer = LoopTimer(eventLoop: eventLoop) { [unowned self] in connection.expire(at: .now()) }
    }

    /// Asks; a failure is a ``PlatformSimulatorError``. The question before must have its result. Once the session is
    /// closed, every question fails.
    func ask(_ request: HTTPRequestHead, timeout: TimeAmount) -> EventLoopFuture<ReceivedAnswer> {
        guard !isClosed else {
            return eventLoop.makeFailedFuture(PlatformSimulatorError.noAnswer(.cancelled))
        }
        let promise = eventLoop.makePromise(of: ReceivedAnswer.self)
        self.promise = promise
        let deadline = NIODeadline.now() + timeout
        timer?.set(deadline)
        connection.ask(request, deadline: deadline)
        return promise.futureResult
    }

    func close() {
        isClosed = true
        connection.giveUp(.cancelled)
        timer?.cancel()
    }

    func connectionDidOpen(_ connection: PlatformConnection) {}

    func connection(_ connection: PlatformConnection, didReceive answer: ReceivedAnswer) {
        timer?.cancel()
        promise.take()?.succeed(answer)
    }

    func connection(_ connection: PlatformConnection, didFailWith failure: CallbackFailure) {
        timer?.cancel()
        promise.take()?.fail(PlatformSimulatorError.noAnswer(failure))
    }
}
