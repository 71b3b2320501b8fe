-- The audit trail: what every callback was answered and why, and what the gateways have counted.
--
-- The auditor alone writes here, from the outcomes stream in RabbitMQ, as it does with notices. What was kept is never
-- changed: only the owner of the database could, and what is old goes by needrecord.prune_audit_trail, outcomes a whole
-- day at a time.

-- Outcomes ------------------------------------------------------------------------------------------------------------

-- Plain enough to be put in the place of its calls, so that a check of it costs next to nothing, and a query with
-- `minute = needrecord.event_minute(id)` looks at one day.
CREATE FUNCTION needrecord.event_minute(event_id uuid) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- The first 48 bits are milliseconds since 1970.
    RETURN to_timestamp(
        (('x' || encode(substring(uuid_send(event_id) FOR 6), 'hex'))::bit(48)::bigint / 60000 * 60)::double precision
    );

COMMENT ON FUNCTION needrecord.event_minute(uuid) IS
    'The minute in which a gateway made an event id, which is a UUIDv7: 2026-11-26 09:30 for any time from 09:30:00 on '
    'and before 09:31:00.';

-- Fixed-width columns come first, so that rows are stored without padding between them.
CREATE TABLE needrecord.outcomes (
    event_id    uuid NOT NULL,
    gateway_run uuid NOT NULL,
    minute      timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    decided_at  timestamptz,
    rule        bigint,
    revision    bigint,
    answer_us   integer NOT NULL,
    publish_us  integer,
    reply_us    integer,
    worker_us   integer,
    facts_us    integer,
    bitrate     integer,
    publishes   smallint NOT NULL,
    need_record boolean NOT NULL,
    domain      needrecord.callback_name NOT NULL,
    app         needrecord.callback_name NOT NULL,
    stream      needrecord.callback_name NOT NULL,
    codec       text COLLATE "C",
    anomalies   text[] NOT NULL,
    cause       text COLLATE "C" NOT NULL,
    reason      text COLLATE "C",
    formats     text[] NOT NULL,
    gateway     text COLLATE "C" NOT NULL,
    worker      text COLLATE "C",
    answer      text COLLATE "C" NOT NULL,
    decision    jsonb,

    -- The minute follows from the id, so an id cannot be there twice, in whatever partition.
    PRIMARY KEY (event_id, minute),
    CONSTRAINT outcomes_minute_is_of_event CHECK (minute = needrecord.event_minute(event_id)),

    CONSTRAINT outcomes_cause_known CHECK (cause IN (
        'decided', 'timeout', 'broker_unavailable', 'broker_blocked', 'unroutable', 'overloaded', 'state_unavailable',
        'draining'
    )),
    CONSTRAINT outcomes_reason_known CHECK (reason IN ('rule', 'quota_exhausted', 'no_rule_matches')),
    CONSTRAINT outcomes_decision_is_whole CHECK (
        (cause = 'decided') = (reason IS NOT NULL)
        AND (cause = 'decided') = (decided_at IS NOT NULL)
        AND (cause = 'decided') = (revision IS NOT NULL)
        AND (cause = 'decided') = (decision IS NOT NULL)
        AND (rule IS NOT NULL) = coalesce(reason IN ('rule', 'quota_exhausted'), false)
    ),
    CONSTRAINT outcomes_decision_is_object CHECK (jsonb_typeof(decision) = 'object'),
    -- The default is not to record.
    CONSTRAINT outcomes_record_by_rule CHECK (NOT need_record OR coalesce(reason = 'rule', false)),
    -- In the order in which a plan names them, as with rules.
    CONSTRAINT outcomes_formats_known CHECK (formats IN (
        '{}', '{mp4}', '{flv}', '{m3u8}', '{mp4,flv}', '{mp4,m3u8}', '{flv,m3u8}', '{mp4,flv,m3u8}'
    )),
    CONSTRAINT outcomes_formats_to_record CHECK (need_record OR formats = '{}'),
    CONSTRAINT outcomes_codec_known CHECK (codec IN ('h264', 'h265')),
    CONSTRAINT outcomes_bitrate_range CHECK (bitrate >= 0),
    CONSTRAINT outcomes_publishes_range CHECK (publishes >= 0),
    CONSTRAINT outcomes_times_range CHECK (
        answer_us >= 0 AND coalesce(least(publish_us, reply_us, worker_us, facts_us) >= 0, true)
    ),
    -- The platform reads no more.
    CONSTRAINT outcomes_answer_length CHECK (octet_length(answer) BETWEEN 1 AND 2048),
    CONSTRAINT outcomes_gateway_length CHECK (octet_length(gateway) BETWEEN 1 AND 255),
    CONSTRAINT outcomes_worker_length CHECK (octet_length(worker) BETWEEN 1 AND 255)
) PARTITION BY RANGE (minute);

COMMENT ON TABLE needrecord.outcomes IS
    'What every callback was answered and why: one row for each. A partition for each day (UTC) of minute: a query that '
    'limits minute looks at those days only, and for one event id, minute = needrecord.event_minute(id) does.';
COMMENT ON COLUMN needrecord.outcomes.event_id IS
    'The id that the gateway gave the callback, a UUIDv7: ids sort by the time the callback came in.';
COMMENT ON COLUMN needrecord.outcomes.gateway_run IS 'The life of the gateway process: it has another after a restart.';
COMMENT ON COLUMN needrecord.outcomes.minute IS
    'The minute of the event id. It is that of received_at, too, unless the gateway''s clock was put back.';
COMMENT ON COLUMN needrecord.outcomes.received_at IS 'When the callback came in, by the clock of the gateway.';
COMMENT ON COLUMN needrecord.outcomes.decided_at IS
    'The clock that was decided by, of the worker; null when it was not decided in time.';
COMMENT ON COLUMN needrecord.outcomes.rule IS 'The rule that won; null for none, and when it was not decided in time.';
COMMENT ON COLUMN needrecord.outcomes.revision IS 'The rule revision that was decided on.';
COMMENT ON COLUMN needrecord.outcomes.answer_us IS
    'Microseconds from the callback''s last byte until its answer was known, by the gateway''s monotonic clock.';
COMMENT ON COLUMN needrecord.outcomes.publish_us IS
    'Microseconds from the same moment until the event was published; null when it never was.';
COMMENT ON COLUMN needrecord.outcomes.reply_us IS
    'Microseconds from the same moment until the reply came; null when none came in time.';
COMMENT ON COLUMN needrecord.outcomes.worker_us IS
    'Microseconds that the worker had the event, from taking it to replying, by its own clock.';
COMMENT ON COLUMN needrecord.outcomes.facts_us IS
    'Microseconds of those in which the worker read the facts; for the whole batch that the event was decided in.';
COMMENT ON COLUMN needrecord.outcomes.bitrate IS 'The video bit rate in kbit/s; null when none could be read.';
COMMENT ON COLUMN needrecord.outcomes.publishes IS
    'How often the event was published: again after each loss of the connection, never when it was refused at once.';
COMMENT ON COLUMN needrecord.outcomes.need_record IS 'Whether the platform was told to record.';
COMMENT ON COLUMN needrecord.outcomes.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.outcomes.app IS 'The application.';
COMMENT ON COLUMN needrecord.outcomes.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.outcomes.codec IS 'h264 or h265; null for one that is not known.';
COMMENT ON COLUMN needrecord.outcomes.anomalies IS
    'What was odd about the callback, such as malformed_vbitrate or unknown_codec.';
COMMENT ON COLUMN needrecord.outcomes.cause IS
    'decided, or why the default was answered: timeout, broker_unavailable, broker_blocked, unroutable, overloaded, '
    'state_unavailable or draining.';
COMMENT ON COLUMN needrecord.outcomes.reason IS
    'Why it was decided so: rule (the one that won says so), quota_exhausted or no_rule_matches.';
COMMENT ON COLUMN needrecord.outcomes.formats IS
    'The formats that the answer narrows the platform''s template to; empty keeps the template''s, or for not to record.';
COMMENT ON COLUMN needrecord.outcomes.gateway IS 'The name of the gateway that answered.';
COMMENT ON COLUMN needrecord.outcomes.worker IS 'The name of the worker that replied; null when none did in time.';
COMMENT ON COLUMN needrecord.outcomes.answer IS 'The body of the answer, to the byte.';
COMMENT ON COLUMN needrecord.outcomes.decision IS
    'The whole decision as the worker sent it: the rules that lost and why, and what it rests on beside the rules.';

-- Every partition gets these. Keys that are equal are stored once with many rows, which keeps the first one small: a
-- minute of a gateway has few of them. What is counted by the minute is counted in it alone.
CREATE INDEX outcomes_by_minute ON needrecord.outcomes (minute, gateway, gateway_run, cause, need_record);
CREATE INDEX outcomes_by_stream ON needrecord.outcomes (stream, app, domain, minute);
CREATE INDEX outcomes_by_rule ON needrecord.outcomes (rule, minute) WHERE rule IS NOT NULL;
CREATE INDEX outcomes_by_cause ON needrecord.outcomes (cause, minute) WHERE cause <> 'decided';

-- What came too late, or to nobody ------------------------------------------------------------------------------------

CREATE TABLE needrecord.late_decisions (
    event_id    uuid PRIMARY KEY,
    gateway_run uuid NOT NULL,
    received_at timestamptz NOT NULL,
    rule        bigint,
    revision    bigint NOT NULL,
    late_us     bigint NOT NULL CHECK (late_us >= 0),
    need_record boolean NOT NULL,
    gateway     text COLLATE "C" NOT NULL CHECK (octet_length(gateway) BETWEEN 1 AND 255),
    worker      text COLLATE "C" NOT NULL CHECK (octet_length(worker) BETWEEN 1 AND 255),
    decision    jsonb NOT NULL CHECK (jsonb_typeof(decision) = 'object')
);

COMMENT ON TABLE needrecord.late_decisions IS
    'The decisions that reached their gateway after the callback had been answered with the default. The first for each.';
COMMENT ON COLUMN needrecord.late_decisions.event_id IS 'The event id of the callback, as in needrecord.outcomes.';
COMMENT ON COLUMN needrecord.late_decisions.gateway_run IS 'The life of the gateway process, as in needrecord.outcomes.';
COMMENT ON COLUMN needrecord.late_decisions.received_at IS 'When the decision came, by the clock of the gateway.';
COMMENT ON COLUMN needrecord.late_decisions.rule IS 'The rule that won; null for none.';
COMMENT ON COLUMN needrecord.late_decisions.revision IS 'The rule revision that was decided on.';
COMMENT ON COLUMN needrecord.late_decisions.late_us IS 'Microseconds between the answer and the decision.';
COMMENT ON COLUMN needrecord.late_decisions.need_record IS 'Whether it would have told the platform to record.';
COMMENT ON COLUMN needrecord.late_decisions.gateway IS 'The name of the gateway that had answered.';
COMMENT ON COLUMN needrecord.late_decisions.worker IS 'The name of the worker that decided.';
COMMENT ON COLUMN needrecord.late_decisions.decision IS 'The whole decision, as in needrecord.outcomes.';

CREATE INDEX late_decisions_by_time ON needrecord.late_decisions (received_at);

CREATE TABLE needrecord.undeliverable_replies (
    event_id    uuid NOT NULL,
    returned_at timestamptz NOT NULL,
    rule        bigint,
    revision    bigint NOT NULL,
    need_record boolean NOT NULL,
    worker      text COLLATE "C" NOT NULL CHECK (octet_length(worker) BETWEEN 1 AND 255),
    decision    jsonb NOT NULL CHECK (jsonb_typeof(decision) = 'object'),
    PRIMARY KEY (event_id, worker)
);

COMMENT ON TABLE needrecord.undeliverable_replies IS
    'The decisions that the broker gave back to their worker, because the gateway that had asked was gone. The first of '
    'each worker for each event.';
COMMENT ON COLUMN needrecord.undeliverable_replies.event_id IS 'The event id of the callback.';
COMMENT ON COLUMN needrecord.undeliverable_replies.returned_at IS 'When it came back, by the clock of the worker.';
COMMENT ON COLUMN needrecord.undeliverable_replies.rule IS 'The rule that won; null for none.';
COMMENT ON COLUMN needrecord.undeliverable_replies.revision IS 'The rule revision that was decided on.';
COMMENT ON COLUMN needrecord.undeliverable_replies.need_record IS 'Whether it would have told the platform to record.';
COMMENT ON COLUMN needrecord.undeliverable_replies.worker IS 'The name of the worker that decided.';
COMMENT ON COLUMN needrecord.undeliverable_replies.decision IS 'The whole decision, as in needrecord.outcomes.';

CREATE INDEX undeliverable_replies_by_time ON needrecord.undeliverable_replies (returned_at);

-- What the gateways have counted --------------------------------------------------------------------------------------

CREATE TABLE needrecord.gateway_minutes (
    gateway_run uuid NOT NULL,
    minute      timestamptz NOT NULL CHECK (minute = date_bin('1 minute', minute, '2000-01-01Z')),
    received    bigint NOT NULL CHECK (received >= 0),
    unkept      bigint NOT NULL CHECK (unkept >= 0),
    gateway     text COLLATE "C" NOT NULL CHECK (octet_length(gateway) BETWEEN 1 AND 255),
    outcomes    jsonb NOT NULL CHECK (jsonb_typeof(outcomes) = 'object'),
    PRIMARY KEY (gateway_run, minute)
);

COMMENT ON TABLE needrecord.gateway_minutes IS
    'What each gateway has counted in each minute with callbacks, told when all of them were answered. It does not rest '
    'on the rows of needrecord.outcomes, so the two can be compared.';
COMMENT ON COLUMN needrecord.gateway_minutes.gateway_run IS 'The life of the gateway process, as in needrecord.outcomes.';
COMMENT ON COLUMN needrecord.gateway_minutes.minute IS 'The minute of the callbacks'' event ids.';
COMMENT ON COLUMN needrecord.gateway_minutes.received IS 'How many callbacks it accepted.';
COMMENT ON COLUMN needrecord.gateway_minutes.unkept IS
    'How many outcomes it could not keep, because its journal was full or broken: answered, and not in the trail.';
COMMENT ON COLUMN needrecord.gateway_minutes.gateway IS 'The name of the gateway.';
COMMENT ON COLUMN needrecord.gateway_minutes.outcomes IS
    'How many it answered by cause, such as {"decided": 41, "timeout": 1}.';

CREATE INDEX gateway_minutes_by_time ON needrecord.gateway_minutes (minute);

-- Days ----------------------------------------------------------------------------------------------------------------
--
-- There is no partition for what has no day of its own: it would have to be searched by every query, and its rows would
-- be in the way of the days that they belong to. The auditor prepares days ahead, and the day of an old outcome when it
-- meets one: a journal may come to light long after its time. An outcome of a day that was dropped already comes back,
-- in a partition of its own, until the next call of prune_audit_trail.

CREATE FUNCTION needrecord.prepare_outcome_partitions(first date, last date) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- Who waits here makes whoever comes later wait too: not for long.
    SET lock_timeout = '5s' AS $$
DECLARE
    day date;
    partition text;
    found regclass;
    made integer := 0;
BEGIN
    IF (first >= '2020-01-01' AND last < '2100-01-01' AND last - first BETWEEN 0 AND 400) IS NOT TRUE THEN
        RAISE EXCEPTION 'cannot prepare the days from % to %', first, last
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'From 2020 on and before 2100, in their order, and 400 days apart at most.';
    END IF;
    FOR day IN SELECT first + n FROM generate_series(0, last - first) AS n LOOP
        partition := to_char(day, '"outcomes_"YYYYMMDD');
        found := to_regclass('needrecord.' || partition);
        IF found IS NULL AND made = 0 THEN
            -- One after the other, beside everybody who reads and writes. Whoever had to wait looks once more.
            LOCK TABLE needrecord.outcomes IN SHARE UPDATE EXCLUSIVE MODE;
            found := to_regclass('needrecord.' || partition);
        END IF;
        IF found IS NOT NULL THEN
            IF NOT EXISTS (
                SELECT FROM pg_inherits WHERE inhrelid = found AND inhparent = 'needrecord.outcomes'::regclass
            ) THEN
                RAISE EXCEPTION 'the table needrecord.% is no partition of needrecord.outcomes', partition
                    USING ERRCODE = 'duplicate_table', HINT = 'Rename it, if the day was detached to be kept.';
            END IF;
            CONTINUE;
        END IF;
        -- To create it as a partition would keep everybody out for that long. Attaching does not, and gives it the
        -- indexes.
        EXECUTE format(
            'CREATE TABLE needrecord.%I (LIKE needrecord.outcomes INCLUDING CONSTRAINTS INCLUDING COMMENTS)', partition
        );
        EXECUTE format('COMMENT ON TABLE needrecord.%I IS %L', partition, 'The outcomes of ' || day || ' (UTC).');
        EXECUTE format(
            'ALTER TABLE needrecord.outcomes ATTACH PARTITION needrecord.%I FOR VALUES FROM (%L) TO (%L)',
            partition, to_char(day, 'YYYY-MM-DD 00:00:00+00'), to_char(day + 1, 'YYYY-MM-DD 00:00:00+00')
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

COMMENT ON FUNCTION needrecord.prepare_outcome_partitions(date, date) IS
    'Makes the partitions of these days (UTC, both included) that are not there yet, and says how many. Neither readers '
    'nor writers of outcomes wait for it.';

CREATE FUNCTION needrecord.prune_audit_trail(before timestamptz, row_limit integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    -- While a day waits to be dropped, whoever comes to read or write outcomes waits behind it.
    SET lock_timeout = '1s' AS $$
DECLARE
    removed bigint := 0;
    counted bigint;
    -- All that is removed is of whole days (UTC): of what is compared with one another, none goes before the other.
    until timestamptz := date_trunc('day', before, 'UTC');
    day date;
    minutes_until timestamptz;
    buckets tid[];
BEGIN
    IF (before <= now() AND row_limit > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'cannot remove % rows from before %', row_limit, before
            USING ERRCODE = 'invalid_parameter_value', HINT = 'A time that has passed, and one row at least.';
    END IF;

    -- Few at a time, found through the indexes by time.
    DELETE FROM needrecord.recording_statuses WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.recording_statuses WHERE received_at < until ORDER BY received_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM needrecord.recorded_files WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.recorded_files WHERE received_at < until ORDER BY received_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM needrecord.ingest_statuses WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.ingest_statuses WHERE received_at < until ORDER BY received_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM needrecord.late_decisions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.late_decisions WHERE received_at < until ORDER BY received_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM needrecord.undeliverable_replies WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.undeliverable_replies WHERE returned_at < until
        ORDER BY returned_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;
    DELETE FROM needrecord.shadow_differences WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.shadow_differences WHERE decided_at < until ORDER BY decided_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;

    -- The oldest day there is; what somebody else has made a partition is not ours to drop.
    SELECT min(to_date(right(c.relname, 8), 'YYYYMMDD')) INTO day
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'needrecord.outcomes'::regclass AND NOT i.inhdetachpending AND c.relname ~ '^outcomes_\d{8}$';

    -- Minutes go with the outcomes that they count.
    minutes_until := least(until, day::timestamp AT TIME ZONE 'UTC');
    DELETE FROM needrecord.gateway_minutes WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.gateway_minutes WHERE minute < minutes_until ORDER BY minute LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    removed := removed + counted;

    -- One day for each call, because everybody who reads or writes outcomes is kept out from here to the end of the
    -- transaction. A day that is being read stays until the next time.
    IF day < (until AT TIME ZONE 'UTC')::date THEN
        BEGIN
            DELETE FROM needrecord.gateway_minutes WHERE minute < (day + 1)::timestamp AT TIME ZONE 'UTC';
            GET DIAGNOSTICS counted = ROW_COUNT;
            EXECUTE format('DROP TABLE needrecord.%I', to_char(day, '"outcomes_"YYYYMMDD'));
            removed := removed + counted + 1;
        EXCEPTION
            WHEN lock_not_available THEN
                RAISE WARNING 'the outcomes of % are in use and stay for now', day;
        END;
    END IF;

    -- The buckets of quotas that nothing is counted in any more. Whoever reserves takes their rows first and waits for
    -- nobody who has one, so this waits for nobody; and when the rows are taken it looks once more.
    SELECT array_agg(b.ctid) INTO buckets
    FROM (
        SELECT b.ctid FROM needrecord.quota_buckets AS b
        WHERE NOT EXISTS (SELECT FROM needrecord.reservations AS r WHERE r.quota = b.quota AND r.bucket = b.bucket)
            AND NOT EXISTS (
                SELECT FROM needrecord.quota_months AS m
                WHERE m.quota = b.quota AND m.bucket = b.bucket
                    AND m.month >= date_trunc('month', until AT TIME ZONE 'UTC' - interval '1 day')
            )
        LIMIT row_limit FOR UPDATE SKIP LOCKED
    ) AS b;
    DELETE FROM needrecord.quota_buckets AS b
    WHERE b.ctid = ANY (buckets)
        AND NOT EXISTS (SELECT FROM needrecord.reservations AS r WHERE r.quota = b.quota AND r.bucket = b.bucket);
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN removed + counted;
END
$$;

COMMENT ON FUNCTION needrecord.prune_audit_trail(timestamptz, integer) IS
    'Removes what is of days (UTC) that had ended by this moment: the oldest day of outcomes with its minutes, so many '
    'rows at most of each of the smaller tables (notices, late decisions, undeliverable replies, shadow differences), '
    'and the buckets of quotas that nothing is counted in. Says how many rows and days; 0 when there is nothing left to '
    'do, or the day is in use. Call it in a transaction of its own, until it says 0.';

-- Privileges ----------------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION
    needrecord.prepare_outcome_partitions(date, date),
    needrecord.prune_audit_trail(timestamptz, integer)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    needrecord.prepare_outcome_partitions(date, date),
    needrecord.prune_audit_trail(timestamptz, integer)
    TO needrecord_auditor;

-- Reading the keys is what tells the auditor which of its rows are new. A partition has no privileges of its own: it is
-- read and written through needrecord.outcomes.
GRANT INSERT, SELECT (event_id, minute, cause, answer) ON needrecord.outcomes TO needrecord_auditor;
GRANT INSERT, SELECT (event_id) ON needrecord.late_decisions TO needrecord_auditor;
GRANT INSERT, SELECT (event_id, worker) ON needrecord.undeliverable_replies TO needrecord_auditor;
-- A minute that a gateway tells of again has new totals.
GRANT INSERT, SELECT, UPDATE (received, unkept, outcomes) ON needrecord.gateway_minutes TO needrecord_auditor;
GRANT SELECT ON needrecord.outcomes, needrecord.late_decisions, needrecord.undeliverable_replies,
    needrecord.gateway_minutes
    TO needrecord_operator, needrecord_reader;
