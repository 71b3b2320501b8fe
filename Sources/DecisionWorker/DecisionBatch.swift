internal import AMQP
internal import BusinessState
internal import DecisionCore
internal import OrderedCollections
internal import Wire

/// One batch of deliveries on its way through a worker: sorted, decided, replied to.
///
/// A pure value: it reads no clock and talks to nobody, so all that a worker does with a message is decided here.
struct DecisionBatch {
    /// A recording that a quota has to be asked about.
    struct Ask {
        /// The place of its event in ``requests``.
        var index: Int
        var ask: ReservationAsk
        /// Whether it takes a reservation, or only asks what one would be told.
        var isTaking: Bool
    }

    /// What is worth deciding.
    private(set) var requests: [EventRequest] = []
    /// Requests that could not be decided for now: somebody else has locked what they would reserve.
    private(set) var contended: [EventRequest] = []
    /// The places of those of ``requests`` that have no reply, because they became too late.
    private(set) var unanswered: Set<Int> = []
    /// What is to be published besides the replies: letters to the dead queue.
    private(set) var deadLetters: [AMQPMessage] = []
    /// What becomes of the deliveries, so far.
    private(set) var counters = WorkerCounters()
    /// The revision of the rules that was decided by; nil before, and when there was nothing to decide.
    private(set) var revision: Int64?
    /// What is left to do once the replies are on their way.
    private(set) var aftermath = Aftermath()

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
                if request.replay != nil { counters.replayed += 1 }
                if request.deadline <= now { counters.expiredBeforeReading += 1 } else { requests.append(request) }
            } catch {
                counters.dead += 1
                deadLetters.append(
                    DeadLetter.message(for: delivery, reason: error, topology: topology, sender: worker)
                )
            }
        }
    }

    /// Requests of earlier batches, that were ``contended`` in them.
    init(again requests: [EventRequest], topology: Topology, worker: String) {
        self.requests = requests
        self.topology = topology
        self.worker = worker
    }

    /// What is left of the budget of the event that has the most; nil when there is nothing to decide.
    func longestRemaining(now: Timestamp) -> Duration? {
        requests.lazy.map { $0.deadline.duration(since: now) }.max()
    }

    /// The quotas that have to be asked before ``decide(_:decidedAt:now:)``, with the place of each in the facts.
    ///
    /// - Parameters:
    ///   - facts: For each of ``requests``, in their order.
    ///   - decidedAt: The clock that the facts were read for.
    func asks(_ facts: [EventFacts], decidedAt: Timestamp) -> [Ask] {
        requests.indices.compactMap { index in
            let event = requests[index].event
            guard let rule = winningRule(for: event, facts[index].live, now: decidedAt), let quota = rule.quota else {
                return nil
            }
            return Ask(
                index: index,
                ask: ReservationAsk(event: event, rule: rule.id, quota: quota),
                isTaking: requests[index].mayTakeReservation
            )
        }
    }

    /// The messages with the replies, now that the facts are there: a reply for each request whose deadline has not passed
    /// meanwhile.
    ///
    /// - Parameters:
    ///   - facts: For each of ``requests``, in their order.
    ///   - contended: The places of those that the quota has no answer for yet; they become ``contended``.
    ///   - decidedAt: The clock that the facts were read for, and that is decided by.
    ///   - now: The clock at this moment.
    ///   - times: Says how long the batch has taken, when it is decided.
    mutating func decide(
        _ facts: [EventFacts],
        except contended: Set<Int> = [],
        decidedAt: Timestamp,
        now: Timestamp,
        times: () -> WorkerTimes? = { nil }
    ) -> [AMQPMessage] {
        var facts = facts
        if !contended.isEmpty {
            self.contended = contended.sorted().map { requests[$0] }
            let rest = requests.indices.filter { !contended.contains($0) }
            requests = rest.map { requests[$0] }
            facts = rest.map { facts[$0] }
        }
        var decisions: [Decision] = []
        decisions.reserveCapacity(requests.count)
        for (request, facts) in zip(requests, facts) {
            decisions.append(DecisionCore.decide(request.event, facts.live, now: decidedAt))
        }
        revision = decisions.last?.revision
        for (request, decision) in zip(requests, decisions)
        where request.deadline <= now && decision.reservation?.isRoom == true && request.mayTakeReservation {
            // Its gateway has answered without us: nothing is recorded. A reservation that another event took stays.
            aftermath.undelivered.append(request.event.id)
        }
        if facts.contains(where: { $0.shadow != nil }) {
            // What is only repeated says nothing new of the shadow rules.
            aftermath.comparisons = zip(zip(requests, facts), decisions)
                .filter { $0.0.0.replay == nil }.map { ($0.0.event, $0.1, $1) }
        }
        return reply(now: now, times: times) { index in .decision(decisions[index]) }
    }

    /// The replies when the business state cannot be read: the gateways need not wait.
    ///
    /// - Parameter asked: The events that a reservation may have been taken for all the same.
    mutating func fail(
        _ cause: FallbackCause,
        asked: [EventID],
        now: Timestamp,
        times: () -> WorkerTimes? = { nil }
    ) -> [AMQPMessage] {
        aftermath.undelivered += asked
        return reply(now: now, times: times) { _ in .failure(cause) }
    }

    private mutating func reply(
        now: Timestamp,
        times: () -> WorkerTimes?,
        content: (Int) -> Reply.Content
    ) -> [AMQPMessage] {
        let times = times()
        var messages: [AMQPMessage] = []
        // In order of the gateways' first requests.
        var replies: OrderedDictionary<String, [Reply]> = [:]
        for (index, request) in requests.enumerated() {
            guard request.deadline > now else {
                counters.expiredBeforeReply += 1
                unanswered.insert(index)
                continue
            }
            let content = content(index)
            switch content {
            case .decision: counters.decided += 1
            case .failure: counters.stateUnavailable += 1
            }
            let reply = Reply(eventID: request.event.id, content: content, worker: worker, times: times)
            if let replay = request.replay {
                messages.append(reply.message(to: request.replyTo, replayOf: replay.original))
            } else {
                replies[request.replyTo, default: []].append(reply)
            }
        }
        for (queue, replies) in replies { messages += ReplyMessage.messages(replies, to: queue) }
        return messages
    }
}

extension EventRequest {
    /// Whether a quota is charged for it: always for a callback, and for the repetition of one only when that was asked.
    fileprivate var mayTakeReservation: Bool { replay?.chargesQuotas ?? true }
}
