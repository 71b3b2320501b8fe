-- What the platform told about recordings and streams, kept as it came, and how far the auditor has read.
--
-- The auditor alone writes here, from the outcomes stream in RabbitMQ. It moves its place in the stream in the same
-- transaction that keeps the rows, so each notice is kept exactly once, whatever fails when. What was kept is never
-- changed: nobody but the owner of the database may update or delete it.

-- A name in a callback, as it came: 1 to 255 bytes.
CREATE DOMAIN needrecord.callback_name AS text COLLATE "C"
    CONSTRAINT callback_name_length CHECK (octet_length(VALUE) BETWEEN 1 AND 255);

-- Recording status ----------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.recording_statuses (
    event_id    uuid PRIMARY KEY,
    received_at timestamptz NOT NULL,
    domain      needrecord.callback_name NOT NULL,
    app         needrecord.callback_name NOT NULL,
    stream      needrecord.callback_name NOT NULL,
    event       needrecord.callback_name NOT NULL
);

COMMENT ON TABLE needrecord.recording_statuses IS
    'Every recording status callback. It has neither a time nor an id, so one that the platform repeats is kept again.';
COMMENT ON COLUMN needrecord.recording_statuses.event_id IS
    'The id that the gateway gave it, a UUIDv7: ids sort by the time the callback came in.';
COMMENT ON COLUMN needrecord.recording_statuses.received_at IS 'When it came in, by the clock of the gateway.';
COMMENT ON COLUMN needrecord.recording_statuses.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.recording_statuses.app IS 'The application.';
COMMENT ON COLUMN needrecord.recording_statuses.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.recording_statuses.event IS
    'The platform''s word: record_started, record_paused (the end of a stream, too), record_resumed, record_error, or '
    'another.';

CREATE INDEX recording_statuses_by_stream ON needrecord.recording_statuses (stream, app, domain, received_at);
CREATE INDEX recording_statuses_by_time ON needrecord.recording_statuses (received_at);

-- Recorded files ------------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.recorded_files (
    event_id       uuid PRIMARY KEY,
    received_at    timestamptz NOT NULL,
    start_time     timestamptz NOT NULL,
    stop_time      timestamptz NOT NULL,
    duration_ms    bigint NOT NULL,
    domain         needrecord.callback_name NOT NULL,
    app            needrecord.callback_name NOT NULL,
    stream         needrecord.callback_name NOT NULL,
    uri            text NOT NULL,
    push_arguments jsonb NOT NULL DEFAULT '{}',

    CONSTRAINT recorded_files_duration_range CHECK (duration_ms >= 0),
    CONSTRAINT recorded_files_uri_length CHECK (octet_length(uri) BETWEEN 1 AND 1024),
    CONSTRAINT recorded_files_push_arguments_are_object CHECK (jsonb_typeof(push_arguments) = 'object'),
    -- The platform sends a callback up to six times until it is answered, and gives it no id. The first one wins.
    -- In this order the same index finds the files of a stream by time.
    CONSTRAINT recorded_files_once UNIQUE (stream, app, domain, stop_time, uri)
);

COMMENT ON TABLE needrecord.recorded_files IS 'Every file that the platform has recorded, once each.';
COMMENT ON COLUMN needrecord.recorded_files.event_id IS
    'The id that the gateway gave the first callback about the file, a UUIDv7.';
COMMENT ON COLUMN needrecord.recorded_files.received_at IS
    'When the first callback about the file came in, by the clock of the gateway.';
COMMENT ON COLUMN needrecord.recorded_files.start_time IS 'When the recording began, as the platform says.';
COMMENT ON COLUMN needrecord.recorded_files.stop_time IS 'When the recording ended, as the platform says.';
COMMENT ON COLUMN needrecord.recorded_files.duration_ms IS
    'The length in milliseconds, as the platform says; it need not be the stop time less the start time.';
COMMENT ON COLUMN needrecord.recorded_files.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.recorded_files.app IS 'The application.';
COMMENT ON COLUMN needrecord.recorded_files.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.recorded_files.uri IS 'The path of the object in its bucket.';
COMMENT ON COLUMN needrecord.recorded_files.push_arguments IS
    'The parameters of the push URL whose names begin with callback_, by name.';

CREATE INDEX recorded_files_by_time ON needrecord.recorded_files (received_at);

-- Ingest status -------------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.ingest_statuses (
    event_id       uuid PRIMARY KEY,
    received_at    timestamptz NOT NULL,
    happened_at    timestamptz NOT NULL,
    width          integer,
    height         integer,
    ingest_domain  needrecord.callback_name NOT NULL,
    app            needrecord.callback_name NOT NULL,
    stream         needrecord.callback_name NOT NULL,
    action         text NOT NULL,
    client_ip      needrecord.callback_name,
    node           needrecord.callback_name,
    push_arguments text,

    CONSTRAINT ingest_statuses_action_known CHECK (action IN ('publish', 'publish_done')),
    CONSTRAINT ingest_statuses_width_range CHECK (width >= 0),
    CONSTRAINT ingest_statuses_height_range CHECK (height >= 0)
);

COMMENT ON TABLE needrecord.ingest_statuses IS
    'Every stream ingest callback. One that the platform repeats is kept again: it has the same happened_at.';
COMMENT ON COLUMN needrecord.ingest_statuses.event_id IS 'The id that the gateway gave it, a UUIDv7.';
COMMENT ON COLUMN needrecord.ingest_statuses.received_at IS 'When it came in, by the clock of the gateway.';
COMMENT ON COLUMN needrecord.ingest_statuses.happened_at IS 'When it happened, as the platform says, in whole seconds.';
COMMENT ON COLUMN needrecord.ingest_statuses.width IS 'Pixels; only in the first callback of a stream.';
COMMENT ON COLUMN needrecord.ingest_statuses.height IS 'Pixels; only in the first callback of a stream.';
COMMENT ON COLUMN needrecord.ingest_statuses.ingest_domain IS
    'The ingest domain, or the play domain where no ingest domain is bound to it; the callback calls it app.';
COMMENT ON COLUMN needrecord.ingest_statuses.app IS 'The application; the callback calls it appname.';
COMMENT ON COLUMN needrecord.ingest_statuses.stream IS
    'The stream name, which may come in lower case; the callback calls it id.';
COMMENT ON COLUMN needrecord.ingest_statuses.action IS 'publish (it is being pushed) or publish_done (it has ended).';
COMMENT ON COLUMN needrecord.ingest_statuses.client_ip IS 'The address of the pusher, as it came.';
COMMENT ON COLUMN needrecord.ingest_statuses.node IS 'The platform''s node that takes the stream.';
COMMENT ON COLUMN needrecord.ingest_statuses.push_arguments IS
    'The query string of the push URL, as the pusher wrote it; it may hold the signature of that URL.';

CREATE INDEX ingest_statuses_by_stream ON needrecord.ingest_statuses (stream, app, ingest_domain, received_at);
CREATE INDEX ingest_statuses_by_time ON needrecord.ingest_statuses (received_at);

-- The place in the stream ---------------------------------------------------------------------------------------------

CREATE TABLE needrecord.projections (
    stream       text PRIMARY KEY,
    next_offset  bigint NOT NULL DEFAULT 0 CHECK (next_offset >= 0),
    missed       bigint NOT NULL DEFAULT 0 CHECK (missed >= 0),
    last_message text,
    updated_at   timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE needrecord.projections IS 'How far each stream of the broker has been brought into this database.';
COMMENT ON COLUMN needrecord.projections.stream IS 'The name of the stream.';
COMMENT ON COLUMN needrecord.projections.next_offset IS
    'The offset of the next message to read; it moves in the transaction that keeps what was read.';
COMMENT ON COLUMN needrecord.projections.missed IS
    'How many messages the stream''s retention has removed before they were read, at most: 0 when nothing is missing.';
COMMENT ON COLUMN needrecord.projections.last_message IS
    'The id of the message before next_offset; time/offset for one without an id. Another one there: another stream.';
COMMENT ON COLUMN needrecord.projections.updated_at IS 'When it last moved.';

-- Privileges ----------------------------------------------------------------------------------------------------------

-- Reading the ids is what tells the auditor which of its rows are new.
GRANT INSERT, SELECT (event_id) ON needrecord.recording_statuses, needrecord.recorded_files, needrecord.ingest_statuses
    TO needrecord_auditor;
GRANT SELECT, INSERT, UPDATE ON needrecord.projections TO needrecord_auditor;
GRANT SELECT ON needrecord.recording_statuses, needrecord.recorded_files, needrecord.ingest_statuses,
    needrecord.projections TO needrecord_operator, needrecord_reader;
