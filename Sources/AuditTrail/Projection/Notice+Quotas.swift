internal import BusinessState
internal import DecisionCore
internal import Postgres

extension Notice {
    /// The statement that tells the quotas what has happened. What it changes is the database's to say.
    var apply: PostgresQuery {
        switch content {
        case .recordingStatus(let status):
            """
            SELECT needrecord.apply_recording_status(
                \(PostgresTimestamp(receivedAt))::timestamptz, \(status.domain)::text, \(status.app)::text, \(status.stream)::text,
                \(status.event.rawValue)::text
            )
            """
        case .recordedFile(let file):
            """
            SELECT needrecord.apply_recorded_file(
                \(PostgresTimestamp(receivedAt))::timestamptz, \(file.domain)::text, \(file.app)::text, \(file.stream)::text,
                \(file.uri)::text, \(file.durationMilliseconds)::bigint,
                \(PostgresTimestamp(Timestamp(secondsSinceEpoch: file.startTime)))::timestamptz,
                \(PostgresTimestamp(Timestamp(secondsSinceEpoch: file.stopTime)))::timestamptz
            )
            """
        case .ingest(let ingest):
            """
            SELECT needrecord.apply_ingest(
                \(PostgresTimestamp(receivedAt))::timestamptz, \(ingest.ingestDomain)::text, \(ingest.app)::text,
                \(ingest.stream)::text, \(ingest.action.rawValue)::text,
                \(PostgresTimestamp(Timestamp(secondsSinceEpoch: ingest.time)))::timestamptz
            )
            """
        }
    }
}
