/// Where a broker listens.
public struct AMQPEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// A name or an address; an IPv6 address without brackets.
    public var host: String
    /// 5672 by default, 5671 with TLS.
    public var port: UInt16

    /// Makes an endpoint.
    public init(host: String, port: UInt16 = 5672) {
        self.host = host
        self.port = port
    }

    /// As it is written in a URL.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
