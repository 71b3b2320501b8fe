internal import AMQP
internal import DecisionCore
internal import Wire

/// What happens to events whose reservation, or whose bucket, somebody else keeps locked: they wait beside the batches,
/// together, and are decided as soon as that is over. None of the others waits for them.
///
/// They are acknowledged with their batch. A worker that dies meanwhile takes them with it, and their gateways answer
/// the default at the deadline.
extension DecisionWorker {
    /// How long to pause before contended events are tried again: notices are done in milliseconds, people are not.
    private static let pauses: (first: Duration, longest: Duration) = (.milliseconds(4), .milliseconds(64))

    /// Lets events of a batch wait.
    func wait(for requests: [EventRequest], of taken: DeliveryInbox.Batch) {
        guard !requests.isEmpty else { return }
        count { $0.contended += requests.count }
        let civil = now()
        let monotonic = ContinuousClock.now
        contended.put(
            requests.map { request in
                let remaining = min(request.deadline.duration(since: civil), topology.answerBudget)
                return ContendedEvents.Item(
                    request: request,
                    channel: taken.channel,
                    connection: taken.connection,
                    limit: monotonic.advanced(by: remaining - configuration.replyReserve)
                )
            }
        )
    }

    /// Decides contended events as it becomes possible, until there are none and there will be no more.
    func workOffContended() async {
        var pause = Self.pauses.first
        while case let items = await contended.take(), !items.isEmpty {
            try? await Task.sleep(for: pause)
            var left: [ContendedEvents.Item] = []
            for start in stride(from: 0, to: items.count, by: Int(configuration.prefetch)) {
                left += await tryAgain(Array(items[start..<min(items.count, start + Int(configuration.prefetch))]))
            }
            pause = left.count < items.count ? Self.pauses.first : min(pause * 2, Self.pauses.longest)
            contended.put(left)
        }
    }

    /// Tries to decide events once.
    ///
    /// - Returns: Those that go on waiting.
    private func tryAgain(_ items: [ContendedEvents.Item]) async -> [ContendedEvents.Item] {
        let start = ContinuousClock.now
        let waiting = items.filter { $0.limit > start && !Task.isCancelled }
        if waiting.count < items.count {
            let tooLate = items.filter { $0.limit <= start || Task.isCancelled }
            var batch = DecisionBatch(again: tooLate.map(\.request), topology: topology, worker: configuration.name)
            // An attempt whose end is not known may have reserved.
            let asked = tooLate.map(\.request.event.id)
            let trace = tracer.map { BatchTrace($0, topology: topology) }
            let replies = batch.fail(.stateUnavailable, asked: asked, now: now())
            send(replies, for: tooLate)
            trace?.end(batch, of: tooLate.count, reading: nil, isRead: false, decided: start)
            settle(batch)
        }
        // Of a broker that takes no replies nothing is decided either: nobody would hear of it.
        guard let limit = waiting.map(\.limit).max(), let newest = waiting.last, !newest.connection.isBlocked else {
            return waiting
        }
        var batch = DecisionBatch(again: waiting.map(\.request), topology: topology, worker: configuration.name)
        var asked: [EventID] = []
        let decidedAt = now()
        let trace = tracer.map { BatchTrace($0, topology: topology) }
        guard
            let (facts, contended) = try? await facts(
                for: batch,
                asked: &asked,
                decidedAt: decidedAt,
                from: start,
                until: limit
            )
        else { return waiting }
        let read = ContinuousClock.now
        let replies = batch.decide(facts, except: contended, decidedAt: decidedAt, now: now())
        let decided = ContinuousClock.now
        returnedReplies.replying(to: batch.requests)
        send(replies, for: waiting)
        trace?.end(batch, of: waiting.count, reading: start..<read, isRead: true, decided: decided)
        settle(batch)
        return contended.sorted().map { waiting[$0] }
    }

    /// Publishes replies over the newest channel: older ones may be gone.
    private func send(_ replies: [AMQPMessage], for items: [ContendedEvents.Item]) {
        guard !replies.isEmpty else { return }
        items.last?.channel.publish(replies)
    }
}
