import DecisionCore
import Wire

@testable import CallbackGateway

private let id = EventID(high: 0x018B_CFE5_6800_7000, low: 1 << 63)
private let now = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)

func fuzzForm(_ input: [UInt8]) {
    var fields = CallbackFields()
    fields.addForm(input)
    check(fields)
    var ingest = IngestFields()
    ingest.addForm(input)
    if let content = try? ingest.content(receivedAt: now) { check(content) }
}

func fuzzJSON(_ input: [UInt8]) {
    var fields = CallbackFields()
    if (try? fields.addJSON(input)) != nil { check(fields) }
    if let recording = try? RecordingFields(json: input), let content = try? recording.content(receivedAt: now) {
        check(content)
    }
}

/// An event that was understood is one that every part takes.
private func check(_ fields: CallbackFields) {
    guard let event = try? fields.event(id: id, receivedAt: now) else { return }
    for name in [event.domain, event.app, event.stream] {
        demand((1...255).contains(name.utf8.count), "a name of \(name.utf8.count) bytes")
        demand(!name.utf8.contains { $0 < 0x20 }, "a control character in a name")
    }
    let read = try? StreamEvent(decodingBody: event.encodedBody())
    demand(read == event, "the event \(event) is not read again: \(String(describing: read))")
    let outcome = Outcome(
        event: event,
        cause: .fallback(.timeout),
        answer: "{}",
        run: GatewayRun(gateway: "g", id: id),
        times: AnswerTimes(answered: 1)
    )
    let records = try? AuditMessage.records(in: AuditMessage.body(of: [AuditRecord.outcome(outcome).encoded()]))
    demand((try? records?.first?.get()) == .outcome(outcome), "the outcome of \(event) is not read again")
}

private func check(_ content: Notice.Content) {
    let notice = Notice(id: id, receivedAt: now, content: content)
    let read = try? Notice(decodingBody: notice.encodedBody())
    demand(read == notice, "the notice \(notice) is not read again: \(String(describing: read))")
}
