import DecisionCore

/// What the platform has told of a stream, as a row of its table. Its values are SQL.
enum RecordedRow {
    /// A file of the stream `s` that began and ended at these times.
    static func file(_ start: String, _ stop: String, _ uri: String = "a/s/1.mp4", stream: String = "s") -> String {
        file(.onTheDay(start), .onTheDay(stop), uri, stream: stream)
    }

    /// As above, at any time; the callback comes four seconds after the end.
    static func file(
        _ start: Timestamp,
        _ stop: Timestamp,
        _ uri: String = "a/s/1.mp4",
        stream: String = "s"
    ) -> String {
        """
        INSERT INTO needrecord.recorded_files (
            event_id, received_at, start_time, stop_time, duration_ms, domain, app, stream, uri
        )
        VALUES (
            gen_random_uuid(), '\(stop.advanced(by: .seconds(4)))', date_trunc('second', '\(start)'::timestamptz),
            date_trunc('second', '\(stop)'::timestamptz), 1, 'd', 'a', '\(stream)', '\(uri)'
        );
        """
    }

    /// A status of the recording of the stream `s`.
    static func status(_ time: String, _ event: String) -> String {
        """
        INSERT INTO needrecord.recording_statuses (event_id, received_at, domain, app, stream, event)
        VALUES (gen_random_uuid(), '\(Timestamp.onTheDay(time))', 'd', 'a', 's', '\(event)');
        """
    }

    /// The end of a push, as the ingest domain tells it.
    static func end(_ time: String, domain: String = "d", stream: String = "s") -> String {
        let time = Timestamp.onTheDay(time)
        return """
            INSERT INTO needrecord.ingest_statuses (event_id, received_at, happened_at, ingest_domain, app, stream, action)
            VALUES (gen_random_uuid(), '\(time)', '\(time)', '\(domain)', 'a', '\(stream)', 'publish_done');
            """
    }
}
