public import Logging

/// What a gateway can be told. Names and ranges of the keys that set these stand in the configuration table of the docs.
public struct GatewayConfiguration: Sendable {
    /// The address to listen on for callbacks.
    public var host = "0.0.0.0"
    /// The port for callbacks; 0 takes a free one.
    public var port = 8080
    /// The paths that answer on-demand callbacks.
    public var paths = ["/", "/callbacks/on-demand"]
    /// The paths that keep notices of recordings.
    public var recordingPaths = ["/callbacks/recording"]
    /// The paths that keep notices of streams that begin and end.
    public var ingestPaths = ["/callbacks/ingest"]
    /// From accepting a callback to answering it, at most. The platform gives up after 5 s.
    public var answerBudget = Duration.seconds(4)
    /// The most callbacks that may wait for an answer at once, and the most notices that may wait to be kept; a further
    /// one is `overloaded`.
    public var maximumPending = 10_000
    /// The most bytes of notices that may wait to be kept at once, of which one may have half a megabyte; a further one is
    /// `overloaded`.
    public var maximumPendingNoticeBytes = 64 * 1_024 * 1_024
    /// How long after the broker is lost new callbacks still wait for it to come back.
    public var brokerGrace = Duration.seconds(2)
    /// Whether a decision that came too late for its callback answers the same question when it comes again and finds no
    /// decision either.
    public var usesLateDecisions = true
    /// The most decisions that are remembered for that.
    public var maximumLateDecisions = 10_000
    /// The most bytes of them.
    public var maximumLateDecisionBytes = 16 * 1_024 * 1_024
    /// The longest request target in bytes; a longer one is answered 414. A notice's may be longer: 65,536.
    public var maximumTargetLength = 8_192
    /// The most bytes of all header fields together; more is answered 431.
    public var maximumHeaderLength = 16_384
    /// The longest request body in bytes; a longer one is answered 413. A notice's may be longer: 1,048,576.
    public var maximumBodyLength = 16_384
    /// The most connections of callers at once; a further one waits to be accepted until one of them ends.
    public var maximumConnections = 16_000
    /// From the first byte of a request to its last, at most; a slower one is answered 408.
    public var requestTimeout = Duration.seconds(5)
    /// How long a connection may stay open between requests, and how long a client may leave its answers unread.
    public var idleTimeout = Duration.seconds(75)
    /// How long a gateway that is told to stop goes on as before, for load balancers to see that it is not ready. Its
    /// answers close their connections meanwhile.
    public var drainDelay = Duration.zero
    /// How long a gateway that stops waits for the broker to take what is in the journal. What it does not take by then
    /// is published at the next start.
    public var journalDrain = Duration.seconds(5)
    /// What is shown to whoever connects, over TLS; nil for plain HTTP.
    public var tls: TLSIdentity?
    /// From whom callbacks are taken; nil for anybody.
    public var admission: AdmissionSettings?
    /// The level at which each decision that is answered is logged. Every default is a warning.
    public var decisionLogLevel = Logger.Level.debug
    /// Whether the log has the addresses of clients that are refused, and not only their networks.
    public var logsWholeClientAddresses = false
    /// The name of this gateway in messages and logs.
    public var name = "gateway"

    /// The defaults.
    public init() {}
}
