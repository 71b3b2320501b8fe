import AMQP
import DecisionCore
import Wire

/// What one part has read another must be able to read when it is written again.
func fuzzMessages(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let body = Array(input.dropFirst())
    switch kind % 7 {
    case 0:
        guard let event = try? StreamEvent(decodingBody: body) else { return }
        demand((try? StreamEvent(decodingBody: event.encodedBody())) == event, "\(event)")
    case 1:
        guard let replies = try? ReplyMessage.replies(in: body) else { return }
        for reply in replies.compactMap({ try? $0.get() }) {
            demand((try? Reply(decodingBody: reply.encodedBody())) == reply, "\(reply)")
        }
    case 2:
        guard let notice = try? Notice(decodingBody: body) else { return }
        demand((try? Notice(decodingBody: notice.encodedBody())) == notice, "\(notice)")
    case 3:
        guard let records = try? AuditMessage.records(in: body) else { return }
        for record in records {
            switch record {
            case .success(let record):
                let again = try? AuditMessage.records(in: AuditMessage.body(of: [record.encoded()]))
                demand((try? again?.first?.get()) == record, "\(record)")
            case .failure(let bad):
                // It goes to the dead queue as a message of its own, which has to be one.
                let again = try? AuditMessage.records(in: AuditMessage.body(of: [bad.bytes]))
                demand(again?.count == 1, "a bad record that is no JSON value")
            }
        }
    case 4:
        guard let decision = try? Decision(decodingJSON: body) else { return }
        var writer = JSONWriter()
        writer.object { $0.members(of: decision) }
        demand((try? Decision(decodingJSON: writer.bytes)) == decision, "\(decision)")
    case 5:
        guard let answer = try? LateAnswer(decodingBody: body) else { return }
        demand((try? LateAnswer(decodingBody: answer.encodedBody())) == answer, "\(answer)")
    default:
        guard let selection = try? ReplaySelection(decodingJSON: body) else { return }
        demand((try? ReplaySelection(decodingJSON: selection.encodedJSON())) == selection, "\(selection)")
    }
}

/// A message of whoever can write to a queue: its properties, and a header of any name and type.
func fuzzHeaders(_ input: [UInt8]) {
    guard input.count >= 4 else { return }
    let cut = min(input.count, 4 + Int(input[2]))
    let text = String(decoding: input[4..<cut], as: UTF8.self)
    let rest = Array(input[cut...])
    let names = ["deadline", "run", "replay-of", "replay-charges-quotas", "reason", "x-stream-offset", text]
    let value: AMQPValue =
        switch input[0] % 8 {
        case 0: .string(text)
        case 1: .int64(rest.prefix(8).reduce(0) { $0 << 8 | Int64($1) })
        case 2: .bool(input[3] & 1 == 1)
        case 3: .bytes(rest)
        case 4: .timestamp(Int(rest.prefix(8).reduce(0) { $0 << 8 | Int64($1) }))
        case 5: .array([.string(text), .void])
        case 6: .table([text: .int32(Int32(input[3]))])
        default: .double(Double(bitPattern: rest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }))
        }
    var properties = AMQPProperties(
        correlationID: text,
        replyTo: input[1] & 1 == 0 ? "q" : text,
        messageID: text,
        type: "callback.on_demand",
        headers: ["deadline": .int64(1_700_000_000_000)]
    )
    properties.headers[names[Int(input[1]) % names.count]] = value
    let event = StreamEvent(
        id: EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63),
        receivedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_000),
        domain: "d",
        app: "a",
        stream: "s"
    )
    let delivery = AMQPDelivery(
        consumerTag: "c",
        deliveryTag: 1,
        exchange: text,
        routingKey: text,
        properties: properties,
        body: input[3] & 2 == 0 ? event.encodedBody() : rest
    )
    do {
        _ = try EventRequest(delivery)
    } catch {
        let letter = DeadLetter.message(for: delivery, reason: error, topology: Topology(), sender: "fuzz")
        demand(letter.body == delivery.body, "a dead letter is not as it came")
    }
}
