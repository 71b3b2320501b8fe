internal import NIOHTTP1
internal import Wire

extension HTTPReply {
    /// An error as JSON: `{"error":{"code":"missing_parameter","field":"domain","message":"…"}}`.
    static func error(
        _ status: HTTPResponseStatus,
        code: String,
        field: String? = nil,
        message: String
    ) -> HTTPReply {
        var writer = JSONWriter(capacity: 160)
        writer.object { writer in
            writer.member(
                "error",
                object: { writer in
                    writer.member("code", code)
                    if let field { writer.member("field", field) }
                    writer.member("message", message)
                }
            )
        }
        return HTTPReply(status, body: writer.bytes)
    }

    /// A callback that cannot be understood.
    init(_ fault: BadCallback) {
        self = .error(.badRequest, code: fault.code.description, field: fault.field, message: fault.message)
    }

    /// There is nothing under this path.
    static var notFound: HTTPReply {
        .error(.notFound, code: "not_found", message: "there is nothing under this path")
    }

    /// The path takes other methods.
    static func methodNotAllowed(allowed: String) -> HTTPReply {
        var reply = error(.methodNotAllowed, code: "method_not_allowed", message: "the methods here are \(allowed)")
        reply.headers.add(name: "Allow", value: allowed)
        return reply
    }

    /// The body is of another type than the path takes.
    static func unsupportedMediaType(allowed: [MediaType]) -> HTTPReply {
        error(
            .unsupportedMediaType,
            code: "unsupported_media_type",
            message: "the body must be \(allowed.map(\.rawValue).joined(separator: " or "))"
        )
    }

    /// The request target is too long.
    static func targetTooLong(limit: Int) -> HTTPReply {
        error(.uriTooLong, code: "uri_too_long", message: "the request target is longer than \(limit) bytes").closing()
    }

    /// The body is too long.
    static func bodyTooLong(limit: Int) -> HTTPReply {
        error(.payloadTooLarge, code: "content_too_large", message: "the body is longer than \(limit) bytes").closing()
    }

    /// The header fields are too long.
    static var headerTooLong: HTTPReply {
        error(
            .requestHeaderFieldsTooLarge,
            code: "header_fields_too_large",
            message: "the header fields are too long or too many"
        ).closing()
    }

    /// The bytes are no HTTP request.
    static var malformedRequest: HTTPReply {
        error(.badRequest, code: "malformed_request", message: "this is not an HTTP/1.1 request").closing()
    }

    /// The request did not come in time.
    static var requestTimeout: HTTPReply {
        error(.requestTimeout, code: "request_timeout", message: "the request did not come in time").closing()
    }
}
