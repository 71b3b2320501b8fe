internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// Runs one ``LoadPlan`` on one event loop.
///
/// One loop needs no locks and, at some 30 us of CPU for a request, is good for tens of thousands of requests a second,
/// which is more than the rest of the path leaves it. Two timers serve all requests: one for the next arrival, one that
/// looks for timeouts.
final class LoadGenerator: PlatformConnectionDelegate {
    /// What is under way on a connection.
    private struct Exchange {
        var request: LoadSchedule.Request
        var sentAt: NIODeadline
    }

    private enum Phase {
        /// The connections are being opened.
        case opening(left: Int)
        case running
        case finished
    }

    typealias OnAnswer = @Sendable (CallbackQuestion, Result<CallbackAnswer, PlatformSimulatorError>) -> Void

    /// A closed loop has no pace of its own; without this rest it would ask a port that refuses it in a tight loop.
    private static let restAfterFailedConnect = TimeAmount.milliseconds(100)

    private let plan: LoadPlan
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let onAnswer: OnAnswer?
    private let promise: EventLoopPromise<LoadReport>

    private let questions: QuestionSeries
    private var headers: PlatformHeaders
    private let timeout: TimeAmount
    private let sweepInterval: TimeAmount

    private var phase = Phase.opening(left: 0)
    private var schedule: LoadSchedule
    private var tally = LoadTally()
    private var connections: [PlatformConnection] = []
    private var exchanges: [Exchange?] = []
    /// Taken in turn, so that all connections, and all that is behind them, get their share.
    private var freeConnections = CircularBuffer<Int>()
    private var start = NIODeadline.uptimeNanoseconds(0)
    private var end = NIODeadline.uptimeNanoseconds(0)
    private var isDispatching = false
    private var arrivalTimer: LoopTimer?
    private var sweepTimer: LoopTimer?

    init(
        plan: LoadPlan,
        eventLoop: any EventLoop,
        logger: Logger,
        onAnswer: OnAnswer?,
        promise: EventLoopPromise<LoadReport>
    ) {
        self.plan = plan
        self.eventLoop = eventLoop
        self.logger = logger
        self.onAnswer = onAnswer
        self.promise = promise
        questions = QuestionSeries(question: plan.question, streams: plan.streams, target: plan.target)
        headers = PlatformHeaders(target: plan.target, authKey: plan.authKey)
        timeout = TimeAmount(plan.timeout)
        sweepInterval = min(max(.nanoseconds(timeout.nanoseconds / 20), .milliseconds(1)), .milliseconds(50))
        schedule = LoadSchedule(plan)
    }

    /// Opens the connections, and begins when each is there or has failed.
    func run() {
        // The task may have been cancelled before it came here.
        guard case .opening = phase else { return }
        arrivalTimer = LoopTimer(eventLoop: eventLoop) { [unowned self] in dispatch() }
        sweepTimer = LoopTimer(eventLoop: eventLoop) { [unowned self] in sweep() }
        phase = .opening(left: plan.connections)
        exchanges = Array(repeating: nil, count: plan.connections)
        freeConnections.reserveCapacity(plan.connections)
        let deadline = NIODeadline.now() + timeout
        connections = (0..<plan.connections).map { index in
            PlatformConnection(index: index, target: plan.target, eventLoop: eventLoop)
        }
        for connection in connections {
            connection.delegate = self
            connection.open(deadline: deadline)
        }
        sweepTimer?.set(.now() + sweepInterval)
    }

    /// Ends the run now. What is outstanding counts as cancelled.
    func cancel() {
        if case .finished = phase { return }
        finish(isInterrupted: true)
    }

    // MARK: From the connections

    func connectionDidOpen(_ connection: PlatformConnection) {
        freeConnections.append(connection.index)
        guard case .opening(let left) = phase else { return }
        phase = .opening(left: left - 1)
        if left == 1 {
            begin()
        }
    }

    func connection(_ connection: PlatformConnection, didReceive answer: ReceivedAnswer) {
        guard let exchange = exchanges[connection.index].take() else { return }
        let now = NIODeadline.now()
        if exchange.request.isMeasured {
            end = now
            tally.answered(answer.verdict, after: (now - start).nanoseconds - exchange.request.intended)
        }
        if let onAnswer {
            let elapsed = Duration(now - exchange.sentAt)
            onAnswer(
                questions.question(exchange.request.number),
                .success(CallbackAnswer(answer, elapsed: elapsed, attempt: 1))
            )
        }
        freeConnections.append(connection.index)
        dispatch()
    }

    func connection(_ connection: PlatformConnection, didFailWith failure: CallbackFailure) {
        guard let exchange = exchanges[connection.index].take() else { return }
        let now = NIODeadline.now()
        if exchange.request.isMeasured {
            end = now
            tally.failed(failure, after: (now - start).nanoseconds - exchange.request.intended)
        }
        logger.debug("No answer", metadata: ["reason": "\(failure.rawValue)"])
        onAnswer?(
            questions.question(exchange.request.number),
            .failure(.noAnswer(failure))
        )
        if plan.rate == nil, failure == .refused || failure == .unreachable {
            rest(connection)
        } else {
            freeConnections.append(connection.index)
            dispatch()
        }
    }

    private func rest(_ connection: PlatformConnection) {
        let index = connection.index
        eventLoop.assumeIsolated().scheduleTask(in: Self.restAfterFailedConnect) {
            self.freeConnections.append(index)
            self.dispatch()
        }
    }

    // MARK: The run

    private func begin() {
        let missing = connections.count { $0.establishedCount == 0 }
        if missing > 0 {
            logger.warning("Connections could not be opened", metadata: ["count": "\(missing)"])
        }
        phase = .running
        start = .now()
        end = start + TimeAmount(plan.warmUp)
        dispatch()
    }

    /// Sends what is due while connections are free.
    private func dispatch() {
        // A connection that fails at once calls back from within; the loop below then sees that it is free again.
        guard case .running = phase, !isDispatching else { return }
        isDispatching = true
        defer { isDispatching = false }
        while let index = freeConnections.first {
            let now = NIODeadline.now()
            switch schedule.next(at: (now - start).nanoseconds) {
            case .send(let request):
                freeConnections.removeFirst()
                tally.sent(isMeasured: request.isMeasured)
                exchanges[index] = Exchange(request: request, sentAt: now)
                let target = questions.requestTarget(request.number)
                connections[index].ask(
                    HTTPRequestHead(requestTarget: target, headers: headers.next()),
                    deadline: now + timeout
                )
            case .wait(let intended):
                arrivalTimer?.set(start + .nanoseconds(intended))
                return
            case .over:
                if freeConnections.count == connections.count {
                    finish(isInterrupted: false)
                }
                return
            }
        }
    }

    /// Requests time out at most one interval late, at the cost of a glance at each connection 20 times a second.
    private func sweep() {
        let now = NIODeadline.now()
        for connection in connections {
            connection.expire(at: now)
        }
        if case .finished = phase { return }
        sweepTimer?.set(now + sweepInterval)
    }

    private func finish(isInterrupted: Bool) {
        phase = .finished
        arrivalTimer?.cancel()
        sweepTimer?.cancel()
        for connection in connections {
            connection.giveUp(.cancelled)
        }
        tally.notSent(schedule.notSentCount)
        promise.succeed(
            LoadReport(
                sent: tally.sent,
                answers: tally.answers,
                failures: tally.failures,
                warmUpCount: tally.warmUpCount,
                plannedRate: plan.rate,
                elapsed: max(Duration(end - start) - plan.warmUp, .zero),
                connections: plan.connections,
                connectionsEstablished: connections.reduce(0) { $0 + $1.establishedCount },
                latency: tally.latency,
                isInterrupted: isInterrupted
            )
        )
    }
}
