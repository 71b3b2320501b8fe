internal import DecisionCore
internal import NIOCore
internal import NIOHTTP1

/// Takes HTTP requests to where callbacks and notices are answered.
struct CallbackHandler: HTTPResponder {
    /// The header field of an answer that names the event.
    static let eventHeader = "X-NeedRecord-Event"

    let configuration: GatewayConfiguration
    let desk: CallbackDesk
    let notices: NoticeDesk
    /// Nil when callbacks are taken from anybody.
    let admission: AdmissionDesk?

    func begin(_ head: HTTPRequestHead, from peer: NetworkAddress?) -> RequestBeginning {
        do throws(RequestRefusal) {
            return .taken(try take(head, from: peer))
        } catch {
            return .answered(finished(error.reply, for: head))
        }
    }

    private func take(_ head: HTTPRequestHead, from peer: NetworkAddress?) throws(RequestRefusal) -> CallbackRequest {
        let pathEnd = head.uri.utf8.firstIndex(of: UInt8(ascii: "?")) ?? head.uri.utf8.endIndex
        let admission = admission?.begin(head, from: peer)
        try admission?.checkNetwork()
        let found = try endpoint(at: head.uri.utf8[..<pathEnd], admission)
        let limits = configuration.limits(of: found)
        guard head.uri.utf8.count <= limits.targetLength else {
            throw RequestRefusal(.targetTooLong(limit: limits.targetLength))
        }
        guard let endpoint = found else { throw RequestRefusal(.notFound) }
        let request = CallbackRequest(
            handler: self,
            head: head,
            query: head.uri.utf8[pathEnd...].dropFirst(),
            endpoint: endpoint,
            admission: admission,
            maximumBodyLength: head.method == .POST ? limits.bodyLength : nil
        )
        guard endpoint.methods.contains(head.method) else {
            let allowed = endpoint.methods.map(\.rawValue).joined(separator: ", ")
            throw RequestRefusal(.methodNotAllowed(allowed: allowed))
        }
        if let limit = request.maximumBodyLength, let length = head.headers.joined("Content-Length"),
            let length = Int(length), length > limit
        {
            throw RequestRefusal(.bodyTooLong(limit: limit))
        }
        return request
    }

    private func endpoint(
        at path: Substring.UTF8View,
        _ admission: Admission?
    ) throws(RequestRefusal) -> Endpoint? {
        guard let admission else { return configuration.endpoint(at: path) }
        return try admission.endpoint(at: path) { configuration.endpoint(at: $0) }
    }

    /// An answer as it leaves.
    func finished(_ reply: HTTPReply, for head: HTTPRequestHead) -> HTTPReply {
        if reply.status != .ok { desk.countRejection(status: Int(reply.status.code)) }
        var reply = reply
        // The answer to HEAD has the length of a body and no body.
        if head.method == .HEAD { reply.body = [] }
        // What HTTP/1.0 calls keep-alive was never a standard.
        let goesOn = head.isKeepAlive && head.version != .http1_0 && !head.isUpgrade && !desk.isLeaving
        return goesOn ? reply : reply.closing()
    }
}

extension Endpoint {
    fileprivate var methods: [HTTPMethod] {
        switch self {
        case .onDemand, .ingest: [.GET, .POST]
        case .recording: [.POST]
        }
    }
}
