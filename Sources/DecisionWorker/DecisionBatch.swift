internal import AMQP
internal import DecisionCore
internal import Wire

/// One batch of deliveries on its way through a worker: sorted, decided, replied to.
///
/// A pure value: it reads no clock and talks to nobody, so all that a worker does with a message is decided here.
struct DecisionBatch {
    /// What is worth deciding.
    private(set) var requests: [EventRequest] = []
    /// What is to be published besides the replies: letters to the dead queue.
    private(set) var deadLetters: [AMQPMessage] = []
    /// What becomes of the deliveries, so far.
    private(set) var counters = WorkerCounters()

    private let topology: Topology
    private let worker: String

    /// Sorts deliveries: what cannot be understood is dead, what is too late is dropped, the rest is to be decided.
    init(_ deliveries: [AMQPDelivery], now: Timestamp, topology: Topology, worker: String) {
        self.topology = topology
        self.worker = worker
        counters.taken = deliveries.count
        counters.batches = 1
        requests.reserveCapacity(deliveries.count)
        for delivery in deliveries {
            if delivery.redelivered { counters.redelivered += 1 }
            do throws(WireError) {
                let request = try EventRequest(delivery)
                if request.deadline <= now { counters.expiredBeforeReading += 1 } else { requests.append(request) }
            } catch {
                counters.dead += 1
                deadLetters.append(
                    DeadLetter.message(for: delivery, reason: error, topology: topology, sender: worker)
                )
            }
        }
    }

    /// What is left of the budget of the event that has the most; nil when there is nothing to decide.
    func longestRemaining(now: Timestamp) -> Duration? {
        requests.lazy.map { $0.deadline.duration(since: now) }.max()
    }

    /// The replies, now that the facts are there: one for each request whose deadline has not passed meanwhile.
    ///
    /// - Parameter facts: For each of ``requests``, in their order.
    mutating func decide(_ facts: [Facts], now: Timestamp) -> [AMQPMessage] {
        reply(now: now) { index, event in .decision(DecisionCore.decide(event, facts[index], now: now)) }
    }

    /// The replies when the business state cannot be read: the gateways need not wait.
    mutating func fail(_ cause: FallbackCause, now: Timestamp) -> [AMQPMessage] {
        reply(now: now) { _, _ in .failure(cause) }
    }

    private mutating func reply(
        now: Timestamp,
        content: (Int, StreamEvent) -> Reply.Content
    ) -> [AMQPMessage] {
        var messages: [AMQPMessage] = []
        messages.reserveCapacity(requests.count)
        for (index, request) in requests.enumerated() {
            guard request.deadline > now else {
                counters.expiredBeforeReply += 1
                continue
            }
            let content = content(index, request.event)
            switch content {
            case .decision: counters.decided += 1
            case .failure: counters.stateUnavailable += 1
            }
            messages.append(
                Reply(eventID: request.event.id, content: content, worker: worker).message(to: request.replyTo)
            )
        }
        return messages
    }
}
