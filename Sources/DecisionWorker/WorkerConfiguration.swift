/// What a worker can be told. Names and ranges of the keys that set these stand in the configuration table of the docs.
public struct WorkerConfiguration: Sendable {
    /// The most events that are taken from the broker before they are answered, and so the largest batch.
    public var prefetch: UInt16 = 256
    /// How long after the database is lost events still wait for it to come back.
    public var stateGrace = Duration.seconds(2)
    /// What is kept of an event's budget for its reply to travel back.
    public var replyReserve = Duration.milliseconds(150)
    /// How long to pause before the database is asked again after a failure.
    public var retryPause = Duration.milliseconds(100)
    /// The name of this worker in replies and logs.
    public var name = "worker"

    /// The defaults.
    public init() {}
}
