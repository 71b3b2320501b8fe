internal import DecisionCore

extension AuditRecord {
    /// The record as a JSON object that says what it is, such as
    /// `{"kind":"outcome","gateway":"…","run":"…","event":{…},"cause":"decided","answer":"{…}","answer_us":1800,`
    /// `"publishes":1,"publish_us":90,"reply_us":1780,"worker":"…","worker_us":900,"facts_us":600,"decision":{…}}`.
    ///
    /// Each is whole in itself, because a journal outlives the process that wrote it.
    public func encoded() -> [UInt8] {
        var writer = JSONWriter(capacity: 768)
        writer.object { writer in
            writer.member("kind", kind.rawValue)
            switch self {
            case .outcome(let outcome): writer.members(of: outcome)
            case .lateDecision(let late): writer.members(of: late)
            case .undeliverableReply(let reply): writer.members(of: reply)
            case .minute(let minute): writer.members(of: minute)
            case .replay(let run): writer.members(of: run)
            case .replayed(let replayed): writer.members(of: replayed)
            }
        }
        return writer.bytes
    }

    /// What tells one record from another in JSON.
    enum Kind: String {
        case outcome
        case lateDecision = "late_decision"
        case undeliverableReply = "undeliverable_reply"
        case minute
        case replay
        case replayed
    }

    private var kind: Kind {
        switch self {
        case .outcome: .outcome
        case .lateDecision: .lateDecision
        case .undeliverableReply: .undeliverableReply
        case .minute: .minute
        case .replay: .replay
        case .replayed: .replayed
        }
    }
}

extension JSONWriter {
    fileprivate mutating func members(of run: GatewayRun) {
        member("gateway", run.gateway)
        member("run", run.id.description)
    }

    fileprivate mutating func members(of outcome: Outcome) {
        members(of: outcome.run)
        member("event", object: { $0.members(of: outcome.event) })
        member("cause", outcome.cause.name)
        member("answer", outcome.answer)
        member("answer_us", outcome.times.answered)
        member("publishes", outcome.publishCount)
        if let time = outcome.times.published { member("publish_us", time) }
        if let time = outcome.times.replied { member("reply_us", time) }
        if let worker = outcome.worker { member("worker", worker) }
        if let time = outcome.times.worker { member("worker_us", time) }
        if let time = outcome.times.facts { member("facts_us", time) }
        if let lateOf = outcome.lateOf { member("late_of", lateOf.description) }
        if case .decision(let decision) = outcome.cause { member(decision) }
    }

    fileprivate mutating func members(of late: LateDecision) {
        members(of: late.run)
        member("event_id", late.eventID.description)
        member("received_at", late.receivedAt.millisecondsSinceEpoch)
        member("late_us", late.lateBy)
        member("worker", late.worker)
        member(late.decision)
    }

    fileprivate mutating func members(of reply: UndeliverableReply) {
        member("event_id", reply.eventID.description)
        member("returned_at", reply.returnedAt.millisecondsSinceEpoch)
        member("worker", reply.worker)
        member(reply.decision)
    }

    fileprivate mutating func members(of minute: GatewayMinute) {
        members(of: minute.run)
        member("minute", minute.minute.millisecondsSinceEpoch)
        member("received", minute.received)
        member(
            "outcomes",
            object: { outcomes in
                for cause in Outcome.Cause.names {
                    if let count = minute.outcomes[cause] { outcomes.member(named: cause, count) }
                }
            }
        )
        member("unkept", minute.unkept)
    }

    fileprivate mutating func members(of run: ReplayRun) {
        member("replay", run.replay.description)
        member("run", run.id.description)
        member("started_at", run.startedAt.millisecondsSinceEpoch)
        member("operator", run.operatorName)
        member("reason", run.reason)
        member("selection", object: { $0.members(of: run.selection) })
        member("rate", run.rate)
        member("charges_quotas", run.chargesQuotas)
        if let end = run.end {
            member("ended_at", end.at.millisecondsSinceEpoch)
            member("complete", end.isComplete)
        }
    }

    fileprivate mutating func members(of replayed: ReplayedEvent) {
        member("replay", replayed.replay.description)
        member("replay_of", replayed.original.description)
        member("event", object: { $0.members(of: replayed.event) })
        member("cause", replayed.cause.name)
        if let time = replayed.replyTime { member("reply_us", time) }
        if let worker = replayed.worker { member("worker", worker) }
        if case .decision(let decision) = replayed.cause { member(decision) }
    }

    private mutating func member(_ decision: Decision) {
        member("decision", object: { $0.members(of: decision) })
    }
}
