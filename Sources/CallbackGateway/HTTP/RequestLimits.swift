/// How long the parts of a request may be.
struct RequestLimits {
    /// What a pusher writes into the push URL comes back in a notice, and must not make it too long to be kept.
    static let notice = RequestLimits(targetLength: 65_536, bodyLength: 1_048_576)

    /// The most bytes of the request target.
    let targetLength: Int
    /// The most bytes of the body.
    let bodyLength: Int
}

extension GatewayConfiguration {
    /// How long a request may be that comes to an endpoint, or to none.
    func limits(of endpoint: Endpoint?) -> RequestLimits {
        switch endpoint {
        case .recording, .ingest: .notice
        case .onDemand, nil: RequestLimits(targetLength: maximumTargetLength, bodyLength: maximumBodyLength)
        }
    }

    /// The longest request target that any path takes, in bytes.
    var longestTargetLength: Int { max(maximumTargetLength, RequestLimits.notice.targetLength) }
}
