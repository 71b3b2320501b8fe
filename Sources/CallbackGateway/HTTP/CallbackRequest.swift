internal import DecisionCore
internal import NIOCore
internal import NIOHTTP1

/// A callback or notice whose body is to come.
struct CallbackRequest: TakenRequest {
    let handler: CallbackHandler
    let head: HTTPRequestHead
    /// What follows the question mark of the target.
    let query: Substring.UTF8View
    let endpoint: Endpoint
    let admission: Admission?
    let maximumBodyLength: Int?

    func bodyTooLong() -> HTTPReply {
        handler.finished(.bodyTooLong(limit: maximumBodyLength ?? 0), for: head)
    }

    func finish(_ body: ByteBuffer, onReply: @escaping @Sendable (HTTPReply) -> Void) {
        switch endpoint {
        case .onDemand:
            do throws(RequestRefusal) {
                try answer(body, onReply)
            } catch {
                onReply(handler.finished(error.reply, for: head))
            }
        case .recording, .ingest:
            // A notice may be long, and whoever asks whether to record is not to wait behind it.
            Task {
                do throws(RequestRefusal) {
                    onReply(handler.finished(try await keep(body), for: head))
                } catch {
                    onReply(handler.finished(error.reply, for: head))
                }
            }
        }
    }

    private func answer(
        _ body: ByteBuffer,
        _ onReply: @escaping @Sendable (HTTPReply) -> Void
    ) throws(RequestRefusal) {
        let fields: CallbackFields = try fields(body)
        try admission?.checkSignature(over: .callbackHost) { () throws(BadCallback) in try fields.text(.domain) }
        try RequestRefusal.ofBad { () throws(BadCallback) in
            try handler.desk.answer(fields, trace: handler.desk.trace(of: head)) { [handler, head] id, body in
                var reply = HTTPReply(.ok, body: body)
                reply.headers.add(name: CallbackHandler.eventHeader, value: id.description)
                onReply(handler.finished(reply, for: head))
            }
        }
    }

    private func keep(_ body: ByteBuffer) async throws(RequestRefusal) -> HTTPReply {
        switch endpoint {
        case .recording:
            let body = try RequestBody(body, of: head, types: [.json])
            let fields = try RequestRefusal.ofBad { () throws(BadCallback) in
                try RecordingFields(json: Array(buffer: body.bytes))
            }
            try admission?.checkSignature(over: .callbackHost) { () throws(BadCallback) in try fields.domain() }
            return await keep(fields.content(receivedAt:))
        case .ingest, .onDemand:
            let fields: IngestFields = try fields(body)
            try admission?.checkSignature(over: .domain) { () throws(BadCallback) in try fields.text(.app) }
            return await keep(fields.content(receivedAt:))
        }
    }

    private func keep(_ content: (_ receivedAt: Timestamp) throws(BadCallback) -> Notice.Content) async -> HTTPReply {
        do throws(BadCallback) {
            switch try await handler.notices.keep(content) {
            case .success(let id): return .kept(id)
            case .failure(let cause): return .notKept(cause)
            }
        } catch {
            return HTTPReply(error)
        }
    }

    /// The parameters of a request that may have them in its query, its body, or both.
    private func fields<Name>(_ body: ByteBuffer) throws(RequestRefusal) -> ParameterSet<Name> {
        var fields = ParameterSet<Name>()
        fields.addForm(query)
        guard head.method == .POST else { return fields }
        let body = try RequestBody(body, of: head, types: [.json, .form])
        do throws(BadCallback) {
            try fields.add(body)
        } catch {
            throw RequestRefusal(HTTPReply(error))
        }
        return fields
    }
}
