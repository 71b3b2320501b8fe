internal import DecisionCore
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Wire

/// Answers one HTTP request.
struct CallbackHandler: Sendable {
    /// The header field of an answer that names the event.
    static let eventHeader = HTTPField.Name("X-NeedRecord-Event")!

    let configuration: GatewayConfiguration
    let desk: CallbackDesk

    /// Finds the answer to a request.
    ///
    /// - Throws: When the connection ends before the request has come to its end, so that there is nobody to answer.
    func reply(to request: Request) async throws -> HTTPReply {
        var reply: HTTPReply
        do {
            reply = try await answer(request)
        } catch let fault as BadCallback {
            reply = HTTPReply(fault)
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
        guard target.utf8.count <= configuration.maximumTargetLength else {
            return .targetTooLong(limit: configuration.maximumTargetLength)
        }
        let pathEnd = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.utf8.endIndex
        guard configuration.paths.contains(where: { $0.utf8.elementsEqual(target.utf8[..<pathEnd]) }) else {
            return .notFound
        }
        var fields = CallbackFields()
        fields.addForm(target.utf8[pathEnd...].dropFirst())
        switch request.method {
        case .get: break
        case .post: if let refusal = try await addBody(of: request, to: &fields) { return refusal }
        default: return .methodNotAllowed(allowed: "GET, POST")
        }
        let outcome = try await desk.answer(fields)
        var reply = HTTPReply(.ok, body: Answer.body(for: outcome.verdict))
        reply.headers[Self.eventHeader] = outcome.eventID.description
        return reply
    }

    /// Takes the fields of a body, in either of its two spellings; the result is a refusal, if there is one.
    private func addBody(of request: Request, to fields: inout CallbackFields) async throws -> HTTPReply? {
        let limit = configuration.maximumBodyLength
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            return .bodyTooLong(limit: limit)
        }
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            return .bodyTooLong(limit: limit)
        }
        switch mediaType(of: request) {
        case "application/json": try fields.addJSON(Array(buffer: body))
        case "application/x-www-form-urlencoded": fields.addForm(body.readableBytesView)
        case nil where body.readableBytes == 0: break
        default: return .unsupportedMediaType
        }
        return nil
    }

    private func mediaType(of request: Request) -> String? {
        guard let type = request.headers[.contentType] else { return nil }
        let end = type.firstIndex(of: ";") ?? type.endIndex
        return String(type[..<end].filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
