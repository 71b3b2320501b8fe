internal import BusinessState
internal import DecisionCore
internal import Postgres
internal import Wire

/// The notices of a batch as the rows of three tables, and the statements that write them.
///
/// Each statement writes what is not there yet and says which rows these were. Within a statement, too, the first of
/// two rows with the same key wins.
struct NoticeRows {
    private var statuses: [(notice: Notice, status: RecordingStatus)] = []
    private var files: [(notice: Notice, file: RecordedFile)] = []
    private var ingests: [(notice: Notice, ingest: IngestStatus)] = []

    init(_ notices: [Notice]) {
        for notice in notices {
            switch notice.content {
            case .recordingStatus(let status): statuses.append((notice, status))
            case .recordedFile(let file): files.append((notice, file))
            case .ingest(let ingest): ingests.append((notice, ingest))
            }
        }
    }

    /// The statements, one for each table that gets rows. Each returns the ids of the rows that are new.
    var inserts: [PostgresQuery] {
        var queries: [PostgresQuery] = []
        if !statuses.isEmpty { queries.append(insertStatuses) }
        if !files.isEmpty { queries.append(insertFiles) }
        if !ingests.isEmpty { queries.append(insertIngests) }
        return queries
    }

    private var insertStatuses: PostgresQuery {
        """
        INSERT INTO needrecord.recording_statuses (event_id, received_at, domain, app, stream, event)
        SELECT * FROM unnest(
            \(statuses.map(\.notice.id.description))::uuid[], \(statuses.map { PostgresTimestamp($0.notice.receivedAt) })::timestamptz[],
            \(statuses.map(\.status.domain))::text[], \(statuses.map(\.status.app))::text[],
            \(statuses.map(\.status.stream))::text[], \(statuses.map(\.status.event.rawValue))::text[]
        )
        ON CONFLICT DO NOTHING RETURNING event_id
        """
    }

    private var insertFiles: PostgresQuery {
        """
        INSERT INTO needrecord.recorded_files (
            event_id, received_at, domain, app, stream, uri, duration_ms, start_time, stop_time, push_arguments
        )
        SELECT * FROM unnest(
            \(files.map(\.notice.id.description))::uuid[], \(files.map { PostgresTimestamp($0.notice.receivedAt) })::timestamptz[],
            \(files.map(\.file.domain))::text[], \(files.map(\.file.app))::text[],
            \(files.map(\.file.stream))::text[], \(files.map(\.file.uri))::text[],
            \(files.map(\.file.durationMilliseconds))::bigint[],
            \(files.map { PostgresTimestamp(Timestamp(secondsSinceEpoch: $0.file.startTime)) })::timestamptz[],
            \(files.map { PostgresTimestamp(Timestamp(secondsSinceEpoch: $0.file.stopTime)) })::timestamptz[],
            \(files.map { Self.json($0.file.pushArguments) })::jsonb[]
        )
        ON CONFLICT DO NOTHING RETURNING event_id
        """
    }

    private var insertIngests: PostgresQuery {
        """
        INSERT INTO needrecord.ingest_statuses (
            event_id, received_at, happened_at, ingest_domain, app, stream, action, client_ip, node, push_arguments,
            width, height
        )
        SELECT * FROM unnest(
            \(ingests.map(\.notice.id.description))::uuid[], \(ingests.map { PostgresTimestamp($0.notice.receivedAt) })::timestamptz[],
            \(ingests.map { PostgresTimestamp(Timestamp(secondsSinceEpoch: $0.ingest.time)) })::timestamptz[],
            \(ingests.map(\.ingest.ingestDomain))::text[], \(ingests.map(\.ingest.app))::text[],
            \(ingests.map(\.ingest.stream))::text[], \(ingests.map(\.ingest.action.rawValue))::text[],
            \(ingests.map(\.ingest.clientIP))::text[], \(ingests.map(\.ingest.node))::text[],
            \(ingests.map(\.ingest.pushArguments))::text[],
            \(ingests.map(\.ingest.width))::integer[], \(ingests.map(\.ingest.height))::integer[]
        )
        ON CONFLICT DO NOTHING RETURNING event_id
        """
    }

    private static func json(_ arguments: [String: String]) -> PostgresJSON {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in arguments { writer.member(named: name, value) }
        }
        return PostgresJSON(String(decoding: writer.bytes, as: UTF8.self))
    }
}
