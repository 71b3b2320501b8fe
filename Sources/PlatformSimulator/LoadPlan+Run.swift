public import Logging
internal import NIOCore
internal import NIOPosix

extension LoadPlan {
    /// Carries the plan out, and returns when every answer is in or has timed out.
    ///
    /// With a ``duration``, requests that were due in time and had to wait are still sent for one ``timeout`` after
    /// its end; the rest is counted as ``CallbackFailure/notSent``. Cancelling the task ends the run at once, with the
    /// report so far.
    ///
    /// - Parameters:
    ///   - logger: Is told about connections that cannot be opened, and at debug level about each failure.
    ///   - onAnswer: Called with each question and its answer, or the reason why there is none, on the event loop
    ///     that sends the load: it must return quickly.
    /// - Throws: ``PlatformSimulatorError`` with the code ``PlatformSimulatorError/Code/invalidPlan`` before anything
    ///   is sent. A server that fails is no error but the result.
    public func run(
        logger: Logger,
        onAnswer: (@Sendable (CallbackQuestion, Result<CallbackAnswer, PlatformSimulatorError>) -> Void)? = nil
    ) async throws -> LoadReport {
        try validate()
        let eventLoop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = eventLoop.makePromise(of: LoadReport.self)
        let generator = try await eventLoop.submit {
            NIOLoopBound(
                LoadGenerator(plan: self, eventLoop: eventLoop, logger: logger, onAnswer: onAnswer, promise: promise),
                eventLoop: eventLoop
            )
        }.get()
        return try await withTaskCancellationHandler {
            eventLoop.execute { generator.value.run() }
            return try await promise.futureResult.get()
        } onCancel: {
            eventLoop.execute { generator.value.cancel() }
        }
    }
}
