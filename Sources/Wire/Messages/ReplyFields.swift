internal import DecisionCore

/// The members of a reply's body as they are read, before it is known whether they make a reply.
struct ReplyFields {
    private var event: String?
    private var worker: String?
    private var failure: String?
    private var workerTime: Int64?
    private var factsTime: Int64?
    private var decision = DecisionFields()

    /// What is said of the worker, without what it says.
    var sender: ReplyFields {
        var sender = ReplyFields()
        (sender.worker, sender.workerTime, sender.factsTime) = (worker, workerTime, factsTime)
        return sender
    }

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "event": event = try reader.readString()
        case "worker": worker = try reader.readString()
        case "failure": failure = try reader.readString()
        case "worker_us": workerTime = try reader.readInteger()
        case "facts_us": factsTime = try reader.readInteger()
        default: try decision.read(name, from: &reader)
        }
    }

    func reply() throws(WireError) -> Reply {
        guard let eventID = EventID(try Schema.require(event, "event")) else {
            throw WireError(.invalidField, "event")
        }
        return Reply(
            eventID: eventID,
            content: try content(),
            worker: try Schema.require(worker, "worker"),
            times: try times()
        )
    }

    private func times() throws(WireError) -> WorkerTimes? {
        guard let workerTime else { return nil }
        // Half an hour: microseconds that fit the database's `integer`.
        let range = 0...Int64(Int32.max)
        guard range.contains(workerTime) else { throw WireError(.invalidField, "worker_us") }
        let factsTime = try Schema.require(factsTime, "facts_us")
        guard range.contains(factsTime) else { throw WireError(.invalidField, "facts_us") }
        return WorkerTimes(total: Int(workerTime), facts: Int(factsTime))
    }

    private func content() throws(WireError) -> Reply.Content {
        guard let failure else { return .decision(try decision.decision()) }
        guard let cause = FallbackCause(rawValue: failure) else { throw WireError(.invalidField, "failure") }
        return .failure(cause)
    }
}
