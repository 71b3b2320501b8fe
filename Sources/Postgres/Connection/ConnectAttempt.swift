/// The way to an established connection.
struct ConnectAttempt {
    /// The id that cancels it.
    let id: UInt64
    let continuation: CheckedContinuation<Result<Void, PostgresError>, Never>
    /// The hosts that libpq was given in this round.
    var hosts: HostList
    /// The host that libpq was busy with when it was last asked.
    var currentHost: String
    /// When that host has had its time.
    var deadline: ContinuousClock.Instant
    var progress: ConnectionHandle.Progress
}
