/// What one result from libpq means.
package enum ResultStatus: Sendable, Equatable {
    /// A command without rows is done.
    case command
    /// A command with rows is done.
    case rows
    /// A command failed.
    case failed
    /// A command was not run because one before it in the pipeline failed.
    case skipped
    /// The pipeline's end.
    case synced
    /// The server waits for COPY data.
    case copyIn
    /// Something that no conversation of this module leads to, for example COPY to the client.
    case unexpected
}
