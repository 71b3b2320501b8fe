/// How to reach a broker, and as whom.
public struct AMQPConfiguration: Sendable {
    /// ``AMQPClient`` begins with a random one, and goes on to the next one after a failure. Never empty when made from a URL.
    public var endpoints: [AMQPEndpoint]
    /// The virtual host.
    public var virtualHost: String
    /// The user to log in as.
    public var user: String
    /// The user's password.
    public var password: String
    /// How often each side shows that it lives, at least a second; a side that was silent for twice as long is
    /// taken for dead. Whole seconds; the broker may lower it.
    public var heartbeat: Duration
    /// The longest that the TCP connection may take, and then again the login.
    public var connectTimeout: Duration
    /// The longest that the broker may take to answer a declaration or a close; then the connection is dropped.
    public var rpcTimeout: Duration
    /// The largest frame, in bytes, from 4,096; the broker may lower it.
    public var frameMax: Int
    /// The most channels; 0 leaves it to the broker.
    public var channelMax: UInt16
    /// The largest body accepted from the broker, in bytes; a larger one ends the connection.
    public var bodyMax: Int
    /// nil for a plain connection.
    public var tls: AMQPTLS?
    /// Shown in the broker's list of connections.
    public var connectionName: String

    /// Makes a configuration; the defaults are a local broker's.
    public init(
        endpoints: [AMQPEndpoint] = [AMQPEndpoint(host: "localhost")],
        virtualHost: String = "/",
        user: String = "guest",
        password: String = "guest",
        heartbeat: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(5),
        rpcTimeout: Duration = .seconds(5),
        frameMax: Int = 131_072,
        channelMax: UInt16 = 0,
        bodyMax: Int = 16 * 1024 * 1024,
        tls: AMQPTLS? = nil,
        connectionName: String = ""
    ) {
        self.endpoints = endpoints
        self.virtualHost = virtualHost
        self.user = user
        self.password = password
        self.heartbeat = heartbeat
        self.connectTimeout = connectTimeout
        self.rpcTimeout = rpcTimeout
        self.frameMax = frameMax
        self.channelMax = channelMax
        self.bodyMax = bodyMax
        self.tls = tls
        self.connectionName = connectionName
    }

    /// Where it connects to, for logs: hosts, ports and virtual host, never user or password.
    public var redactedDescription: String {
        let hosts = endpoints.map(\.description).joined(separator: ",")
        return virtualHost == "/" ? "\(hosts)/" : "\(hosts)/\(virtualHost)"
    }
}

extension AMQPConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The same as ``redactedDescription``.
    public var description: String { redactedDescription }

    /// The same as ``redactedDescription``.
    public var debugDescription: String { redactedDescription }

    /// Without the password, which `dump` and string interpolation would show otherwise.
    public var customMirror: Mirror {
        Mirror(self, children: ["broker": redactedDescription])
    }
}
