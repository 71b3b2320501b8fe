internal import DecisionCore
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// Answers one HTTP request.
struct CallbackHandler: Sendable {
    /// The header field of an answer that names the event.
    static let eventHeader = HTTPField.Name("X-NeedRecord-Event")!

    let configuration: GatewayConfiguration
    let desk: CallbackDesk
    let notices: NoticeDesk
    /// Nil when callbacks are taken from anybody.
    let admission: AdmissionDesk?

    /// Finds the answer to a request.
    ///
    /// - Throws: When the connection ends before the request has come to its end, so that there is nobody to answer.
    func reply(to request: Request) async throws -> HTTPReply {
        var reply: HTTPReply
        do {
            reply = try await answer(request)
        } catch let fault as BadCallback {
            reply = HTTPReply(fault)
        } catch let refusal as RequestRefusal {
            reply = refusal.reply
        }
        if reply.status != .ok { desk.countRejection(status: reply.status.code) }
        // The answer to HEAD has the length of a body and no body.
        if request.method == .head { reply.body = [] }
        return endsConnection(request) ? reply.closing() : reply
    }

    private func endsConnection(_ request: Request) -> Bool {
        guard let options = request.headers[.connection] else { return false }
        return options.split(separator: ",").contains { option in
            option.filter { $0 != " " && $0 != "\t" }.lowercased() == "close"
        }
    }

    private func answer(_ request: Request) async throws -> HTTPReply {
        let target = request.head.path ?? "/"
        let pathEnd = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.utf8.endIndex
        let query = target.utf8[pathEnd...].dropFirst()
        let admission = admission?.begin(request)
        try admission?.checkNetwork()
        let endpoint = try endpoint(at: target.utf8[..<pathEnd], admission)
        let limits = configuration.limits(of: endpoint)
        guard target.utf8.count <= limits.targetLength else { return .targetTooLong(limit: limits.targetLength) }
        switch endpoint {
        case .onDemand:
            let fields: CallbackFields = try await fields(of: request, query, limits)
            try admission?.checkSignature(over: .callbackHost) { () throws(BadCallback) in try fields.text(.domain) }
            return try await answer(fields)
        case .recording:
            let fields = try await recording(of: request, limits)
            try admission?.checkSignature(over: .callbackHost) { () throws(BadCallback) in try fields.domain() }
            return try await keep(fields.content(receivedAt:))
        case .ingest:
            let fields: IngestFields = try await fields(of: request, query, limits)
            try admission?.checkSignature(over: .domain) { () throws(BadCallback) in try fields.text(.app) }
            return try await keep(fields.content(receivedAt:))
        case nil:
            return .notFound
        }
    }

    private func endpoint(
        at path: Substring.UTF8View,
        _ admission: Admission?
    ) throws(RequestRefusal) -> Endpoint? {
        guard let admission else { return configuration.endpoint(at: path) }
        return try admission.endpoint(at: path) { configuration.endpoint(at: $0) }
    }

    private func answer(_ fields: CallbackFields) async throws -> HTTPReply {
        let (id, body) = try await desk.answer(fields)
        var reply = HTTPReply(.ok, body: body)
        reply.headers[Self.eventHeader] = id.description
        return reply
    }

    private func keep(
        _ content: (_ receivedAt: Timestamp) throws(BadCallback) -> Notice.Content
    ) async throws(BadCallback) -> HTTPReply {
        switch try await notices.keep(content) {
        case .success(let id): .kept(id)
        case .failure(let cause): .notKept(cause)
        }
    }

    /// The parameters of a request that may have them in its query, its body, or both.
    private func fields<Name>(
        of request: Request,
        _ query: Substring.UTF8View,
        _ limits: RequestLimits
    ) async throws -> ParameterSet<Name> {
        var fields = ParameterSet<Name>()
        fields.addForm(query)
        switch request.method {
        case .get: break
        case .post: try fields.add(try await body(of: request, limits, types: [.json, .form]))
        default: throw RequestRefusal(.methodNotAllowed(allowed: "GET, POST"))
        }
        return fields
    }

    /// The members of a request that has them in its body only.
    private func recording(of request: Request, _ limits: RequestLimits) async throws -> RecordingFields {
        guard request.method == .post else { throw RequestRefusal(.methodNotAllowed(allowed: "POST")) }
        let body = try await body(of: request, limits, types: [.json])
        return try RecordingFields(json: Array(buffer: body.bytes))
    }

    private func body(
        of request: Request,
        _ limits: RequestLimits,
        types: [MediaType]
    ) async throws -> RequestBody {
        try await RequestBody(of: request, maximumLength: limits.bodyLength, types: types)
    }
}
