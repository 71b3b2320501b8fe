public import AMQP
internal import DecisionCore

/// A message that carries replies of one worker to one gateway, as many as a batch has for it.
///
/// Most of what a reply costs is the message around it.
public enum ReplyMessage {
    /// The most replies in one message.
    public static let maximumReplies = 64

    /// The messages that carry replies, in order.
    ///
    /// - Parameters:
    ///   - replies: They say the same of their worker and its times.
    ///   - queue: Where the gateway takes them.
    public static func messages(_ replies: [Reply], to queue: String) -> [AMQPMessage] {
        stride(from: 0, to: replies.count, by: maximumReplies).map { start in
            let some = replies[start..<min(start + maximumReplies, replies.count)]
            guard some.count > 1, let first = some.first else { return replies[start].message(to: queue) }
            return AMQPMessage(
                routingKey: queue,
                mandatory: true,
                properties: AMQPProperties(
                    contentType: "application/json",
                    deliveryMode: .transient,
                    type: Reply.type,
                    appID: first.worker
                ),
                body: body(of: some, like: first)
            )
        }
    }

    /// The body `{"schema":1,"worker":"…","worker_us":…,"facts_us":…,"replies":[{"event":"…","verdict":"skip",…},…]}`: what
    /// the replies have in common stands before them.
    private static func body(of replies: ArraySlice<Reply>, like first: Reply) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 * replies.count)
        writer.object { writer in
            writer.member("schema", Schema.current)
            writer.members(ofSender: first)
            writer.member(
                "replies",
                array: { writer in
                    for reply in replies {
                        writer.object { writer in
                            writer.member("event", reply.eventID.description)
                            writer.members(of: reply.content)
                        }
                    }
                }
            )
        }
        return writer.bytes
    }

    /// Reads a message body: that of one reply, or of many. One of many that cannot be understood does not cost the others.
    ///
    /// - Throws: ``WireError`` when the body is no JSON of a known schema with replies in it, or has more than
    ///   ``maximumReplies``.
    public static func replies(in body: [UInt8]) throws(WireError) -> [Result<Reply, WireError>] {
        var fields = ReplyFields()
        var replies: [Result<Reply, WireError>]?
        try Schema.read(body) { (reader, name) throws(JSONError) in
            guard name == "replies" else { return try fields.read(name, from: &reader) }
            var read: [Result<Reply, WireError>] = []
            try reader.readArray { reader throws(JSONError) in
                guard read.count < maximumReplies else { throw JSONError("more than \(maximumReplies) replies", at: 0) }
                read.append(try reply(from: &reader, startingWith: fields.sender))
            }
            replies = read
        }
        if let replies { return replies }
        return [.success(try fields.reply())]
    }

    private static func reply(
        from reader: inout JSONReader,
        startingWith sender: ReplyFields
    ) throws(JSONError) -> Result<Reply, WireError> {
        let start = reader
        var fields = sender
        do {
            try reader.readObject { (reader, name) throws(JSONError) in try fields.read(name, from: &reader) }
        } catch {
            // What is no JSON at all ends the message; what is only not as it should be ends with its own value.
            reader = start
            try reader.skipValue()
            return .failure(WireError(.malformedBody, error.description))
        }
        do throws(WireError) {
            return .success(try fields.reply())
        } catch {
            return .failure(error)
        }
    }
}

extension ReplyMessage {
    /// The replies in a message body that can be understood; none when it is no such body.
    public static func readableReplies(in body: [UInt8]) -> [Reply] {
        (try? replies(in: body))?.compactMap { try? $0.get() } ?? []
    }
}
