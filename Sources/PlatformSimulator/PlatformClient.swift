public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Asks single questions as the platform does.
public struct PlatformClient: Sendable {
    /// Whom to ask.
    public var target: PlatformTarget
    /// How long one attempt may take, connecting included. The platform waits 5 s.
    public var timeout = Duration.seconds(5)
    /// How often to ask again after a failed call. The platform does so up to 5 times; the default is not to.
    public var retries = 0
    /// The time between a failed call and the next. The platform waits 1 s.
    public var pause = Duration.seconds(1)

    /// The key by which the platform signs its calls (`NotifyAuthKey`); nil when it was given none.
    public var authKey: String?

    /// Creates a client that asks once; set the rest.
    public init(target: PlatformTarget) {
        self.target = target
    }

    /// Asks a question, and asks again while the call fails: no answer within the timeout, or a status other than 200.
    ///
    /// - Parameter logger: Is told about each call that failed.
    /// - Returns: The first answer with status 200, whatever its body, or else the answer to the last attempt.
    /// - Throws: ``PlatformSimulatorError`` with the code ``PlatformSimulatorError/Code/noAnswer`` when the last
    ///   attempt got no answer at all; `CancellationError` when the task is cancelled.
    public func ask(_ question: CallbackQuestion, logger: Logger) async throws -> CallbackAnswer {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let target = target
        let session = try await eventLoop.submit {
            NIOLoopBound(PlatformSession(target: target, eventLoop: eventLoop), eventLoop: eventLoop)
        }.get()
        defer {
            eventLoop.execute { session.value.close() }
        }
        var attempt = 1
        while true {
            let isLast = attempt > retries
            do {
                let answer = try await self.attempt(attempt, question, on: session)
                guard answer.status != 200, !isLast else { return answer }
                logger.notice("Call failed", metadata: ["attempt": "\(attempt)", "status": "\(answer.status)"])
            } catch let error as PlatformSimulatorError {
                try Task.checkCancellation()
                guard !isLast else { throw error }
                let reason = error.failure?.rawValue ?? ""
                logger.notice("Call failed", metadata: ["attempt": "\(attempt)", "reason": "\(reason)"])
            }
            try await Task.sleep(for: pause)
            attempt += 1
        }
    }

    private func attempt(
        _ attempt: Int,
        _ question: CallbackQuestion,
        on session: NIOLoopBound<PlatformSession>
    ) async throws -> CallbackAnswer {
        var headers = PlatformHeaders(target: target, authKey: authKey)
        let request = HTTPRequestHead(
            requestTarget: target.requestTarget(for: question),
            headers: headers.next()
        )
        let timeout = TimeAmount(timeout)
        let start = ContinuousClock.now
        let answer = try await withTaskCancellationHandler {
            try await session.eventLoop.flatSubmit { session.value.ask(request, timeout: timeout) }.get()
        } onCancel: {
            session.eventLoop.execute { session.value.close() }
        }
        return CallbackAnswer(answer, elapsed: ContinuousClock.now - start, attempt: attempt)
    }
}
