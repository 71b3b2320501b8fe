internal import DecisionCore

/// The members of a record as they are read, before it is known whether they make one.
struct AuditRecordFields {
    private var kind: String?
    private var gateway: String?
    private var run: String?
    private var worker: String?
    private var event: StreamEventFields?
    private var eventID: String?
    private var cause: String?
    private var answer: String?
    private var decision: DecisionFields?
    private var outcomes: [String: Int64] = [:]
    private var replay: String?
    private var original: String?
    private var lateOf: String?
    private var operatorName: String?
    private var reason: String?
    private var selection: ReplaySelectionFields?
    private var chargesQuotas: Bool?
    private var isComplete: Bool?
    /// The members that are whole numbers, by name.
    private var numbers: [String: Int64] = [:]

    private static let numberNames: Set<String> = [
        "answer_us", "publishes", "publish_us", "reply_us", "worker_us", "facts_us", "received_at", "late_us",
        "returned_at", "minute", "received", "unkept", "started_at", "ended_at", "rate",
    ]

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "kind": kind = try reader.readString()
        case "gateway": gateway = try reader.readString()
        case "run": run = try reader.readString()
        case "worker": worker = try reader.readString()
        case "event": event = try StreamEventFields(from: &reader)
        case "event_id": eventID = try reader.readString()
        case "cause": cause = try reader.readString()
        case "answer": answer = try reader.readString()
        case "decision": decision = try DecisionFields(from: &reader)
        case "replay": replay = try reader.readString()
        case "replay_of": original = try reader.readString()
        case "late_of": lateOf = try reader.readString()
        case "operator": operatorName = try reader.readString()
        case "reason": reason = try reader.readString()
        case "selection": selection = try ReplaySelectionFields(from: &reader)
        case "charges_quotas": chargesQuotas = try reader.readBool()
        case "complete": isComplete = try reader.readBool()
        case "outcomes":
            try reader.readObject { (reader, cause) throws(JSONError) in
                outcomes[cause] = try reader.readInteger()
            }
        case _ where Self.numberNames.contains(name): numbers[name] = try reader.readInteger()
        default: try reader.skipValue()
        }
    }

    func record() throws(WireError) -> AuditRecord {
        let kind = try Schema.require(kind, "kind")
        switch AuditRecord.Kind(rawValue: kind) {
        case .outcome: return .outcome(try outcome())
        case .lateDecision: return .lateDecision(try lateDecision())
        case .undeliverableReply: return .undeliverableReply(try undeliverableReply())
        case .minute: return .minute(try minute())
        case .replay: return .replay(try replayRun())
        case .replayed: return .replayed(try replayed())
        case nil: throw WireError(.invalidField, "kind")
        }
    }

    private func outcome() throws(WireError) -> Outcome {
        Outcome(
            event: try Schema.require(event, "event").event(),
            cause: try decodedCause(),
            answer: try Schema.name(answer, "answer", maximumLength: Outcome.maximumAnswerLength),
            run: try decodedRun(),
            worker: try worker.map { worker throws(WireError) in try Schema.name(worker, "worker") },
            publishCount: try count("publishes", in: 0...Int64(Int16.max)),
            times: AnswerTimes(
                published: try optionalCount("publish_us"),
                replied: try optionalCount("reply_us"),
                answered: try count("answer_us"),
                worker: try optionalCount("worker_us"),
                facts: try optionalCount("facts_us")
            ),
            lateOf: try decodedLateOf()
        )
    }

    /// Nil for a decision of the callback's own; of the default there is nothing to say.
    private func decodedLateOf() throws(WireError) -> EventID? {
        guard lateOf != nil else { return nil }
        guard cause == Outcome.Cause.decided else { throw WireError(.invalidField, "late_of") }
        return try id(lateOf, "late_of")
    }

    private func decodedCause() throws(WireError) -> Outcome.Cause {
        let name = try Schema.require(cause, "cause")
        guard name != Outcome.Cause.decided else {
            return .decision(try Schema.require(decision, "decision").decision())
        }
        guard let cause = FallbackCause(rawValue: name) else { throw WireError(.invalidField, "cause") }
        return .fallback(cause)
    }

    private func lateDecision() throws(WireError) -> LateDecision {
        LateDecision(
            eventID: try id(eventID, "event_id"),
            decision: try Schema.require(decision, "decision").decision(),
            worker: try Schema.name(worker, "worker"),
            run: try decodedRun(),
            receivedAt: try timestamp("received_at"),
            lateBy: try count("late_us", in: 0...Int64.max)
        )
    }

    private func undeliverableReply() throws(WireError) -> UndeliverableReply {
        UndeliverableReply(
            eventID: try id(eventID, "event_id"),
            decision: try Schema.require(decision, "decision").decision(),
            worker: try Schema.name(worker, "worker"),
            returnedAt: try timestamp("returned_at")
        )
    }

    private func minute() throws(WireError) -> GatewayMinute {
        let minute = try timestamp("minute")
        guard minute.millisecondsSinceEpoch % 60_000 == 0 else { throw WireError(.invalidField, "minute") }
        var counts: [String: Int] = [:]
        for (cause, count) in outcomes {
            guard Outcome.Cause.names.contains(cause), count >= 0 else { throw WireError(.invalidField, "outcomes") }
            counts[cause] = Int(count)
        }
        return GatewayMinute(
            run: try decodedRun(),
            minute: minute,
            received: try count("received", in: 0...Int64.max),
            outcomes: counts,
            unkept: try count("unkept", in: 0...Int64.max)
        )
    }

    private func replayRun() throws(WireError) -> ReplayRun {
        var replayRun = ReplayRun(
            replay: try id(replay, "replay"),
            id: try id(run, "run"),
            startedAt: try timestamp("started_at"),
            operatorName: try Schema.name(operatorName, "operator"),
            reason: try Schema.name(reason, "reason", maximumLength: ReplayRun.maximumReasonLength),
            selection: try Schema.require(selection, "selection").selection(),
            rate: try count("rate", in: 1...Int64(Int32.max)),
            chargesQuotas: try Schema.require(chargesQuotas, "charges_quotas")
        )
        if numbers["ended_at"] != nil {
            replayRun.end = ReplayRun.End(
                at: try timestamp("ended_at"),
                isComplete: try Schema.require(isComplete, "complete")
            )
        }
        return replayRun
    }

    private func replayed() throws(WireError) -> ReplayedEvent {
        ReplayedEvent(
            event: try Schema.require(event, "event").event(),
            original: try id(original, "replay_of"),
            replay: try id(replay, "replay"),
            cause: try decodedCause(),
            worker: try worker.map { worker throws(WireError) in try Schema.name(worker, "worker") },
            replyTime: try optionalCount("reply_us")
        )
    }

    // MARK: - Members

    private func decodedRun() throws(WireError) -> GatewayRun {
        GatewayRun(gateway: try Schema.name(gateway, "gateway"), id: try id(run, "run"))
    }

    private func id(_ text: String?, _ name: String) throws(WireError) -> EventID {
        guard let id = EventID(try Schema.require(text, name)) else { throw WireError(.invalidField, name) }
        return id
    }

    private func timestamp(_ name: String) throws(WireError) -> Timestamp {
        Timestamp(millisecondsSinceEpoch: try Schema.require(numbers[name], name))
    }

    /// A number that is never below zero; microseconds fit the database's `integer`, which is half an hour.
    private func count(
        _ name: String,
        in range: ClosedRange<Int64> = 0...Int64(Int32.max)
    ) throws(WireError) -> Int {
        let number = try Schema.require(numbers[name], name)
        guard range.contains(number) else { throw WireError(.invalidField, name) }
        return Int(number)
    }

    private func optionalCount(_ name: String) throws(WireError) -> Int? {
        numbers[name] == nil ? nil : try count(name)
    }
}
