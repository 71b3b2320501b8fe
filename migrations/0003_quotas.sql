-- Quotas: how many recordings at the same time, and how many recorded minutes in a month.
--
-- A recording is charged to the quota of the rule that it is recorded by. Before a worker answers "record" it takes a
-- reservation; what the platform tells of the recording and of the stream afterwards moves the reservation on, and
-- ends it. Reservations are changed by the functions below only, which are exact however many workers call them.

-- Quotas --------------------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.quotas (
    name               needrecord.label COLLATE "C" PRIMARY KEY,
    concurrent_limit   integer,
    minutes_limit      integer,
    reservation_expiry interval NOT NULL DEFAULT '24 hours',
    start_expiry       interval,
    scope              text NOT NULL,
    time_zone          needrecord.time_zone NOT NULL DEFAULT 'UTC',
    note               text NOT NULL DEFAULT '',

    CONSTRAINT quotas_scope_known CHECK (scope IN ('domain', 'app', 'group')),
    CONSTRAINT quotas_concurrent_limit_range CHECK (concurrent_limit >= 0),
    CONSTRAINT quotas_minutes_limit_range CHECK (minutes_limit >= 0),
    CONSTRAINT quotas_limit_something CHECK (concurrent_limit IS NOT NULL OR minutes_limit IS NOT NULL),
    CONSTRAINT quotas_reservation_expiry_range CHECK (reservation_expiry BETWEEN '5 minutes' AND '31 days'),
    CONSTRAINT quotas_start_expiry_range CHECK (start_expiry BETWEEN '10 seconds' AND reservation_expiry),
    CONSTRAINT quotas_note_length CHECK (octet_length(note) <= 1000)
);

COMMENT ON TABLE needrecord.quotas IS 'How much may be recorded by the rules that name a quota.';
COMMENT ON COLUMN needrecord.quotas.scope IS
    'What is counted together: the streams of a domain, of an app of a domain, or of all (group).';
COMMENT ON COLUMN needrecord.quotas.concurrent_limit IS 'Recordings at the same time; null for no limit, 0 for none.';
COMMENT ON COLUMN needrecord.quotas.minutes_limit IS
    'Minutes that are recorded in a calendar month; null for no limit. Each file counts: a stream that is recorded in '
    'two formats uses two minutes in one. A recording that has begun is not cut short.';
COMMENT ON COLUMN needrecord.quotas.time_zone IS 'The IANA name of the time zone that months begin in.';
COMMENT ON COLUMN needrecord.quotas.reservation_expiry IS
    'How long a reservation lasts without a sign of life, 5 minutes to 31 days: the end for streams whose end is never '
    'told. Longer than the longest time between two files of a recording.';

COMMENT ON COLUMN needrecord.quotas.start_expiry IS
    'How long a reservation waits for record_started, 10 seconds to reservation_expiry: the end for pushes that failed. '
    'Null, where the platform sends no status callbacks: as long as reservation_expiry.';

-- What was counted under one name and scope cannot be counted under another.
CREATE FUNCTION needrecord.refuse_new_quota_identity() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the name and the scope of a quota cannot change'
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Make another quota, and let the rules name that one.';
END
$$;

CREATE TRIGGER quotas_identity_is_for_life
    BEFORE UPDATE OF name, scope ON needrecord.quotas
    FOR EACH ROW WHEN (NEW.name <> OLD.name OR NEW.scope <> OLD.scope)
    EXECUTE FUNCTION needrecord.refuse_new_quota_identity();

ALTER TABLE needrecord.rules
    ADD CONSTRAINT rules_quota_exists FOREIGN KEY (quota) REFERENCES needrecord.quotas (name);

CREATE FUNCTION needrecord.quota_bucket(scope text, domain text, app text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE scope WHEN 'domain' THEN domain WHEN 'app' THEN domain || '/' || app WHEN 'group' THEN '' END;

COMMENT ON FUNCTION needrecord.quota_bucket(text, text, text) IS
    'What a stream is counted with. A domain has no slash in it, so the two names cannot be mistaken.';

-- What is counted -----------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.quota_buckets (
    quota  needrecord.label COLLATE "C" NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    PRIMARY KEY (quota, bucket)
);

COMMENT ON TABLE needrecord.quota_buckets IS
    'What each quota has ever been asked for. Whoever reserves locks the row: one after the other counts and takes.';

CREATE TABLE needrecord.quota_months (
    quota                 needrecord.label COLLATE "C" NOT NULL,
    bucket                text COLLATE "C" NOT NULL,
    month                 date NOT NULL,
    recorded_milliseconds bigint NOT NULL CHECK (recorded_milliseconds >= 0),
    PRIMARY KEY (quota, bucket, month),
    CONSTRAINT quota_months_first_day CHECK (extract(day FROM month) = 1)
);

COMMENT ON TABLE needrecord.quota_months IS
    'How long the files are that were recorded. It outlives the quota: one that is removed and made again goes on.';
COMMENT ON COLUMN needrecord.quota_months.month IS
    'The first day of the calendar month that the files began in, in the time zone of the quota.';

-- The names are compared byte for byte, as the platform does.
CREATE TABLE needrecord.reservations (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_id         bigint NOT NULL,
    event_id        uuid NOT NULL,
    asked_at        timestamptz NOT NULL,
    last_asked_at   timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    recording_since timestamptz,
    ended_at        timestamptz,
    asks            integer NOT NULL DEFAULT 1,
    domain          text COLLATE "C" NOT NULL,
    app             text COLLATE "C" NOT NULL,
    stream          text COLLATE "C" NOT NULL,
    quota           needrecord.label COLLATE "C" NOT NULL,
    bucket          text COLLATE "C" NOT NULL,
    state           text COLLATE "C" NOT NULL DEFAULT 'reserved',
    end_cause       text,

    CONSTRAINT reservations_domain_length CHECK (octet_length(domain) BETWEEN 1 AND 255),
    CONSTRAINT reservations_app_length CHECK (octet_length(app) BETWEEN 1 AND 255),
    CONSTRAINT reservations_stream_length CHECK (octet_length(stream) BETWEEN 1 AND 255),
    CONSTRAINT reservations_asks_order CHECK (asks >= 1 AND asked_at <= last_asked_at),
    CONSTRAINT reservations_state_known CHECK (state IN ('reserved', 'recording', 'paused', 'ended')),
    CONSTRAINT reservations_recording_since CHECK ((state = 'recording') = (recording_since IS NOT NULL)),
    CONSTRAINT reservations_end_is_whole CHECK (
        (state = 'ended') = (ended_at IS NOT NULL) AND (state = 'ended') = (end_cause IS NOT NULL)
    ),
    CONSTRAINT reservations_end_cause_known CHECK (
        end_cause IN ('stream_ended', 'recording_failed', 'expired', 'operator', 'undelivered', 'superseded')
    )
);

COMMENT ON TABLE needrecord.reservations IS
    'The streams that were let through by a quota. Those reserved or recording count; those paused do not and may come '
    'back; those ended are kept a while, because files are told of after the end.';
COMMENT ON COLUMN needrecord.reservations.rule_id IS 'The rule that let the stream be recorded.';
COMMENT ON COLUMN needrecord.reservations.event_id IS 'The callback that asked first.';
COMMENT ON COLUMN needrecord.reservations.asked_at IS 'When a gateway took the callback that asked first.';
COMMENT ON COLUMN needrecord.reservations.last_asked_at IS
    'When a gateway took the callback that asked last: the end of an earlier push does not end what a later one holds.';
COMMENT ON COLUMN needrecord.reservations.asks IS 'How often it was asked for; a callback that is repeated asks again.';
COMMENT ON COLUMN needrecord.reservations.recording_since IS
    'From when on the recording is in no file yet: when it began, went on, or its last file ended.';
COMMENT ON COLUMN needrecord.reservations.bucket IS 'What it is counted with; see needrecord.quota_bucket.';
COMMENT ON COLUMN needrecord.reservations.end_cause IS
    'stream_ended, recording_failed, expired, operator, undelivered (the answer came too late) or superseded (the '
    'stream was paused, and asked for anew).';

-- Each index has a condition that follows from no other's: while the table is empty all indexes cost the same, and a
-- statement that is planned then must not take the wrong one.
--
-- A stream has one reservation at most that can still count: no quota is charged twice, and no notice has to guess.
CREATE UNIQUE INDEX reservations_open ON needrecord.reservations (stream, app, domain) WHERE ended_at IS NULL;
-- The ingest callback may have the stream in lower case.
CREATE INDEX reservations_open_folded ON needrecord.reservations (lower(stream)) WHERE end_cause IS NULL;
-- What is live in a bucket is counted for each decision. The times are not in it, so that refreshing them stays cheap.
CREATE INDEX reservations_live ON needrecord.reservations (quota, bucket) WHERE state IN ('reserved', 'recording');
CREATE INDEX reservations_unconfirmed ON needrecord.reservations (event_id) WHERE state = 'reserved';
CREATE INDEX reservations_by_stream ON needrecord.reservations (stream, app, domain, asked_at);
CREATE INDEX reservations_by_end ON needrecord.reservations (ended_at) WHERE state = 'ended';

CREATE TABLE needrecord.ingest_domains (
    ingest_domain text COLLATE "C" PRIMARY KEY CHECK (octet_length(ingest_domain) BETWEEN 1 AND 255),
    play_domain   text COLLATE "C" NOT NULL CHECK (octet_length(play_domain) BETWEEN 1 AND 255)
);

COMMENT ON TABLE needrecord.ingest_domains IS
    'The play domain of each ingest domain, which only ingest callbacks name. A domain that is not here is taken for '
    'both.';

-- Reading -------------------------------------------------------------------------------------------------------------

CREATE FUNCTION needrecord.month_of(moment timestamptz, time_zone text) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN date_trunc('month', moment AT TIME ZONE time_zone)::date;

COMMENT ON FUNCTION needrecord.month_of(timestamptz, text) IS
    'The first day of the calendar month that it is on the clocks of the time zone.';

-- How full a bucket is. A recording that is still going on counts in the month that it began in (or that its last file
-- ended in), because that is where its file will be charged.
CREATE FUNCTION needrecord.bucket_usage(of_quota needrecord.label, of_bucket text, zone text, at_time timestamptz)
RETURNS TABLE (live bigint, expired bigint, recorded_milliseconds bigint, month date)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        r.live,
        r.expired,
        coalesce(m.recorded_milliseconds, 0) + coalesce(extract(epoch FROM r.running) * 1000, 0)::bigint,
        this.month
    FROM (SELECT needrecord.month_of(at_time, zone) AS month) AS this
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE expires_at > at_time) AS live,
            count(*) FILTER (WHERE expires_at <= at_time) AS expired,
            sum(at_time - recording_since) FILTER (
                WHERE expires_at > at_time AND recording_since < at_time
                    AND recording_since >= this.month::timestamp AT TIME ZONE zone
            ) AS running
        FROM needrecord.reservations
        WHERE quota = of_quota AND bucket = of_bucket AND state IN ('reserved', 'recording')
    ) AS r
    LEFT JOIN needrecord.quota_months AS m
        ON m.quota = of_quota AND m.bucket = of_bucket AND m.month = this.month
$$;

CREATE FUNCTION needrecord.has_room(
    concurrent_used bigint, concurrent_limit integer, recorded_milliseconds bigint, minutes_limit integer
) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(concurrent_used < concurrent_limit, true)
        AND coalesce(recorded_milliseconds < minutes_limit * 60000::bigint, true);

-- How each of some streams stands with the quota that is named beside it, as if no other asked. One that has a live
-- reservation stands with the quota of that.
CREATE FUNCTION needrecord.quota_standings(
    domains text[], apps text[], streams text[], quotas text[], at_time timestamptz
) RETURNS TABLE (
    number bigint, stream_number bigint, bucket_number bigint, open_id bigint, is_held boolean, is_known boolean,
    quota text, bucket text, concurrent_used bigint, expired bigint, concurrent_limit integer,
    recorded_milliseconds bigint, minutes_limit integer, month text
)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH asks AS (
        SELECT
            a.number,
            dense_rank() OVER (ORDER BY a.stream COLLATE "C", a.app COLLATE "C", a.domain COLLATE "C") AS stream_number,
            r.id AS open_id,
            coalesce(r.state <> 'paused' AND r.expires_at > at_time, false) AS is_held,
            a.quota AS asked_quota,
            needrecord.quota_bucket(q.scope, a.domain, a.app) AS asked_bucket,
            r.quota AS held_quota,
            r.bucket AS held_bucket
        FROM unnest(domains, apps, streams, quotas) WITH ORDINALITY AS a (domain, app, stream, quota, number)
        LEFT JOIN needrecord.quotas AS q ON q.name = a.quota
        LEFT JOIN LATERAL (
            SELECT * FROM needrecord.reservations
            WHERE stream = a.stream AND app = a.app AND domain = a.domain AND ended_at IS NULL
            -- There is one at most; saying so, it is looked up for each ask, and not all are read to be joined.
            LIMIT 1
        ) AS r ON true
    ),
    charged AS (
        SELECT
            number, stream_number, open_id, is_held,
            CASE WHEN is_held THEN held_quota ELSE asked_quota END AS quota,
            CASE WHEN is_held THEN held_bucket ELSE asked_bucket END AS bucket
        FROM asks
    ),
    buckets AS MATERIALIZED (
        SELECT c.quota, c.bucket, row_number() OVER () AS number, q.concurrent_limit, q.minutes_limit, u.*
        FROM (SELECT DISTINCT quota, bucket FROM charged WHERE bucket IS NOT NULL) AS c
        JOIN needrecord.quotas AS q ON q.name = c.quota
        CROSS JOIN LATERAL needrecord.bucket_usage(q.name, c.bucket, q.time_zone, at_time) AS u
    )
    SELECT
        c.number, c.stream_number, b.number, c.open_id, c.is_held, b.number IS NOT NULL,
        c.quota, coalesce(c.bucket, ''), b.live - c.is_held::integer, b.expired, b.concurrent_limit,
        b.recorded_milliseconds, b.minutes_limit, to_char(b.month, 'YYYY-MM')
    FROM charged AS c LEFT JOIN buckets AS b USING (quota, bucket)
$$;

CREATE FUNCTION needrecord.refreshed_expiry(
    expires_at timestamptz, of_quota text, sign_of_life timestamptz, has_started boolean
) RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    -- Greatest passes over null: a quota that is gone refreshes nothing.
    SELECT greatest(expires_at, sign_of_life + (
        SELECT CASE WHEN has_started THEN reservation_expiry ELSE coalesce(start_expiry, reservation_expiry) END
        FROM needrecord.quotas WHERE name = of_quota
    ))
$$;

CREATE TYPE needrecord.quota_answer AS (
    state            text,
    quota            text,
    bucket           text,
    concurrent_used  bigint,
    concurrent_limit integer,
    minutes_used     bigint,
    minutes_limit    integer,
    month            text
);

COMMENT ON TYPE needrecord.quota_answer IS
    'What a quota says of a stream: granted (there is room, and this stream has it now), held (this stream had it '
    'already) or denied; what others use at the same time; the whole minutes recorded in this month. What is not '
    'limited has no limit; a quota that does not exist has no use either, and denies.';

CREATE FUNCTION needrecord.quota_standing(
    domains text[], apps text[], streams text[], quotas text[], at_time timestamptz
) RETURNS SETOF needrecord.quota_answer
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        CASE
            WHEN is_held THEN 'held'
            WHEN is_known AND needrecord.has_room(
                concurrent_used, concurrent_limit, recorded_milliseconds, minutes_limit
            ) THEN 'granted'
            ELSE 'denied'
        END,
        quota, bucket, concurrent_used, concurrent_limit, recorded_milliseconds / 60000, minutes_limit, month
    FROM needrecord.quota_standings(domains, apps, streams, quotas, at_time)
    ORDER BY number
$$;

COMMENT ON FUNCTION needrecord.quota_standing(text[], text[], text[], text[], timestamptz) IS
    'What each stream would be told if it were the only one to ask now, in their order. Nothing is taken.';

CREATE VIEW needrecord.quota_usage AS
SELECT
    q.name AS quota,
    b.bucket,
    u.live AS concurrent_used,
    q.concurrent_limit,
    to_char(u.month, 'YYYY-MM') AS month,
    u.recorded_milliseconds / 60000 AS minutes_used,
    q.minutes_limit
FROM needrecord.quotas AS q
JOIN needrecord.quota_buckets AS b ON b.quota = q.name
CROSS JOIN LATERAL needrecord.bucket_usage(q.name, b.bucket, q.time_zone, now()) AS u;

COMMENT ON VIEW needrecord.quota_usage IS 'How full each bucket of each quota is at the moment.';

-- Reserving -----------------------------------------------------------------------------------------------------------
--
-- Locks, and why nobody waits for anybody in a circle: whoever reserves takes the rows of the buckets first, in their
-- order, and nobody else takes those. Then it takes the reservations of its streams, but does not wait for one that is
-- being changed: a notice's transaction holds many, in the order in which they came. It fails instead, and is to be
-- called again. New reservations go in in the order of their names.

CREATE FUNCTION needrecord.reserve(
    domains text[], apps text[], streams text[], quotas text[], rule_ids bigint[], event_ids uuid[],
    asked_ats timestamptz[], at_time timestamptz
) RETURNS SETOF needrecord.quota_answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- One plan, made once, that looks everything up: reservations come and go too fast for statistics to be right.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    ask record;
    answer needrecord.quota_answer;
    nothing_given needrecord.quota_answer;
    -- What this call has given so far: to a stream, and how many in a bucket.
    given needrecord.quota_answer[] := array_fill(nothing_given, ARRAY[cardinality(streams)]);
    given_in bigint[] := array_fill(0::bigint, ARRAY[cardinality(streams)]);
    granted bigint[] := '{}';
    outdated bigint[] := '{}';
    has_held boolean := false;
    has_expired boolean := false;
    inserted bigint;
BEGIN
    -- What others have taken must be seen once they let go of the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'reservations are exact in READ COMMITTED only' USING ERRCODE = 'invalid_transaction_state';
    END IF;

    -- A conflict locks the row, even though nothing is updated.
    INSERT INTO needrecord.quota_buckets AS b (quota, bucket)
    SELECT DISTINCT q.name, needrecord.quota_bucket(q.scope, a.domain, a.app) COLLATE "C"
    FROM unnest(domains, apps, quotas) AS a (domain, app, quota) JOIN needrecord.quotas AS q ON q.name = a.quota
    ORDER BY 1, 2
    ON CONFLICT (quota, bucket) DO UPDATE SET bucket = excluded.bucket WHERE false;

    PERFORM
    FROM unnest(domains, apps, streams) AS a (domain, app, stream)
    CROSS JOIN LATERAL (
        SELECT FROM needrecord.reservations
        WHERE stream = a.stream AND app = a.app AND domain = a.domain AND ended_at IS NULL
        LIMIT 1 FOR NO KEY UPDATE NOWAIT
    ) AS r;

    -- A snapshot from after the locks. From here on it is only counting, one event after the other.
    FOR ask IN
        SELECT * FROM needrecord.quota_standings(domains, apps, streams, quotas, at_time) ORDER BY number
    LOOP
        IF (given[ask.stream_number]).state IS NOT NULL THEN
            answer := given[ask.stream_number];
            answer.state := 'held';
            has_held := true;
            RETURN NEXT answer;
            CONTINUE;
        END IF;

        answer := (
            'denied', ask.quota, ask.bucket, ask.concurrent_used + given_in[ask.bucket_number], ask.concurrent_limit,
            ask.recorded_milliseconds / 60000, ask.minutes_limit, ask.month
        )::needrecord.quota_answer;
        has_expired := has_expired OR ask.expired > 0;
        IF ask.is_held THEN
            answer.state := 'held';
            has_held := true;
        ELSIF ask.is_known AND needrecord.has_room(
            answer.concurrent_used, ask.concurrent_limit, ask.recorded_milliseconds, ask.minutes_limit
        ) THEN
            answer.state := 'granted';
            granted := granted || ask.number;
            given[ask.stream_number] := answer;
            given_in[ask.bucket_number] := given_in[ask.bucket_number] + 1;
            IF ask.open_id IS NOT NULL THEN
                outdated := outdated || ask.open_id;
            END IF;
        END IF;
        RETURN NEXT answer;
    END LOOP;

    IF outdated <> '{}' THEN
        UPDATE needrecord.reservations
        SET state = 'ended', ended_at = at_time, recording_since = NULL,
            end_cause = CASE state WHEN 'paused' THEN 'superseded' ELSE 'expired' END
        WHERE id = ANY (outdated);
    END IF;
    IF has_expired THEN
        PERFORM needrecord.end_expired(ARRAY(
            SELECT r.id
            FROM needrecord.reservations AS r
            JOIN (
                SELECT DISTINCT q.name, needrecord.quota_bucket(q.scope, a.domain, a.app) AS bucket
                FROM unnest(domains, apps, quotas) AS a (domain, app, quota)
                JOIN needrecord.quotas AS q ON q.name = a.quota
            ) AS b ON b.name = r.quota AND b.bucket = r.bucket
            WHERE r.state IN ('reserved', 'recording') AND r.expires_at <= at_time
        ), at_time);
    END IF;

    IF granted <> '{}' THEN
        INSERT INTO needrecord.reservations
            (rule_id, event_id, asked_at, last_asked_at, expires_at, domain, app, stream, quota, bucket)
        SELECT
            a.rule_id, a.event_id, a.asked_at, a.asked_at, at_time + coalesce(q.start_expiry, q.reservation_expiry),
            a.domain, a.app, a.stream, q.name, needrecord.quota_bucket(q.scope, a.domain, a.app)
        FROM unnest(domains, apps, streams, quotas, rule_ids, event_ids, asked_ats) WITH ORDINALITY
            AS a (domain, app, stream, quota, rule_id, event_id, asked_at, number)
        JOIN needrecord.quotas AS q ON q.name = a.quota
        WHERE a.number = ANY (granted)
        ORDER BY a.stream COLLATE "C", a.app COLLATE "C", a.domain COLLATE "C"
        ON CONFLICT (stream, app, domain) WHERE ended_at IS NULL DO NOTHING;
        GET DIAGNOSTICS inserted = ROW_COUNT;
        IF inserted <> cardinality(granted) THEN
            RAISE EXCEPTION 'a stream was reserved under another quota at the same moment'
                USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;

    -- Those that this call has granted and then was asked for again are among them.
    IF has_held THEN
        UPDATE needrecord.reservations AS r
        -- A callback that is handed out a second time asks no second time.
        SET asks = r.asks + (SELECT count(*) FROM unnest(a.event_ids) AS event_id WHERE event_id <> r.event_id),
            last_asked_at = greatest(r.last_asked_at, a.asked_at),
            expires_at = needrecord.refreshed_expiry(r.expires_at, r.quota, at_time, r.state = 'recording')
        FROM (
            SELECT domain, app, stream, array_agg(event_id) FILTER (WHERE number <> ALL (granted)) AS event_ids,
                max(asked_at) AS asked_at
            FROM unnest(domains, apps, streams, event_ids, asked_ats) WITH ORDINALITY
                AS a (domain, app, stream, event_id, asked_at, number)
            GROUP BY domain, app, stream
        ) AS a
        WHERE r.stream = a.stream AND r.app = a.app AND r.domain = a.domain
            AND r.state IN ('reserved', 'recording') AND r.expires_at > at_time AND a.event_ids IS NOT NULL;
    END IF;
END
$$;

COMMENT ON FUNCTION needrecord.reserve(
    text[], text[], text[], text[], bigint[], uuid[], timestamptz[], timestamptz
) IS
    'Takes a reservation for each of a batch of streams, in their order, as far as there is room; the arrays are one '
    'column of the batch each. Raises serialization_failure or lock_not_available when somebody else is at the same '
    'stream in this moment: nothing is taken then, and the call is to be made again.';

-- Ends reservations that are over, except those that somebody is changing: they may have had a sign of life.
CREATE FUNCTION needrecord.end_expired(ids bigint[], at_time timestamptz) RETURNS integer
    LANGUAGE plpgsql AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE needrecord.reservations
    SET state = 'ended', ended_at = at_time, end_cause = 'expired', recording_since = NULL
    WHERE id IN (
        SELECT id FROM needrecord.reservations
        WHERE id = ANY (ids) AND ended_at IS NULL AND expires_at <= at_time
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

-- Releasing -----------------------------------------------------------------------------------------------------------
--
-- Each of them says how many reservations it has ended; again, it ends none.

CREATE FUNCTION needrecord.release_reservation(
    of_domain text, of_app text, of_stream text, cause text DEFAULT 'operator'
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE needrecord.reservations
    SET state = 'ended', ended_at = now(), end_cause = cause, recording_since = NULL
    WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

COMMENT ON FUNCTION needrecord.release_reservation(text, text, text, text) IS
    'Ends the reservation of a stream, paused ones too.';

-- One that was asked for again is not ended: the answer to the later one may have been in time. One that somebody is
-- changing is being asked for again, or is told to be recorded or over.
CREATE FUNCTION needrecord.release_undelivered(ids uuid[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE needrecord.reservations
    SET state = 'ended', ended_at = now(), end_cause = 'undelivered'
    WHERE id IN (
        SELECT id FROM needrecord.reservations
        WHERE event_id = ANY (ids) AND state = 'reserved' AND asks = 1
        FOR NO KEY UPDATE SKIP LOCKED
    );
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

COMMENT ON FUNCTION needrecord.release_undelivered(uuid[]) IS
    'Ends what these events were granted and could not be told in time: the platform does not record then.';

CREATE FUNCTION needrecord.expire_reservations(at_time timestamptz) RETURNS integer
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT needrecord.end_expired(ARRAY(
        SELECT id FROM needrecord.reservations WHERE ended_at IS NULL AND expires_at <= at_time
    ), at_time)
$$;

COMMENT ON FUNCTION needrecord.expire_reservations(timestamptz) IS
    'Ends what had no sign of life for too long. Until then it counts for nothing already.';

CREATE FUNCTION needrecord.prune_reservations(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    pruned integer;
BEGIN
    DELETE FROM needrecord.reservations WHERE state = 'ended' AND ended_at < before;
    GET DIAGNOSTICS pruned = ROW_COUNT;
    RETURN pruned;
END
$$;

COMMENT ON FUNCTION needrecord.prune_reservations(timestamptz) IS
    'Forgets reservations that ended before this moment; a file that is told of later is charged to nobody.';

-- Notices -------------------------------------------------------------------------------------------------------------
--
-- For the auditor, one call for each notice, in the order in which they came. Each says how many reservations it has
-- changed. The platform repeats notices: the same status or ingest notice again changes nothing, and a file is to be
-- told of once. Knowing files again (by domain, app, stream, uri and stop time) is the auditor's, who keeps them.

CREATE FUNCTION needrecord.apply_recording_status(
    received_at timestamptz, of_domain text, of_app text, of_stream text, event text
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    changed integer := 0;
BEGIN
    IF event IN ('record_started', 'record_resumed') THEN
        -- Whatever the limit: it is a fact.
        UPDATE needrecord.reservations AS r
        SET state = 'recording', recording_since = coalesce(r.recording_since, received_at),
            expires_at = needrecord.refreshed_expiry(r.expires_at, r.quota, received_at, true)
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL;
    ELSIF event = 'record_paused' THEN
        -- By the platform's documentation the end of a stream, too.
        UPDATE needrecord.reservations
        SET state = 'paused', recording_since = NULL
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND state IN ('reserved', 'recording');
    ELSIF event = 'record_error' THEN
        UPDATE needrecord.reservations
        SET state = 'ended', ended_at = received_at, end_cause = 'recording_failed', recording_since = NULL
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL;
    ELSE
        RETURN 0;
    END IF;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

COMMENT ON FUNCTION needrecord.apply_recording_status(timestamptz, text, text, text, text) IS
    'A recording has begun, paused, gone on or failed; another event changes nothing.';

CREATE FUNCTION needrecord.apply_recorded_file(
    received_at timestamptz, of_domain text, of_app text, of_stream text, uri text, duration_ms bigint,
    start_time timestamptz, stop_time timestamptz
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    charged needrecord.reservations;
BEGIN
    -- The file is told of after its end, and perhaps after the next push of the stream has begun.
    SELECT * INTO charged FROM needrecord.reservations
    WHERE stream = of_stream AND app = of_app AND domain = of_domain AND asked_at <= stop_time
        -- What ended long before the file began has nothing to do with it.
        AND (ended_at IS NULL OR ended_at >= start_time - interval '1 minute')
    ORDER BY asked_at DESC, id DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;

    INSERT INTO needrecord.quota_months AS m (quota, bucket, month, recorded_milliseconds)
    VALUES (
        charged.quota, charged.bucket,
        needrecord.month_of(
            start_time, coalesce((SELECT time_zone FROM needrecord.quotas WHERE name = charged.quota), 'UTC')
        ),
        duration_ms
    )
    ON CONFLICT (quota, bucket, month)
    DO UPDATE SET recorded_milliseconds = m.recorded_milliseconds + excluded.recorded_milliseconds;

    -- What is in the file runs no more. A file that is late takes nothing back; the platform's clock may be ahead.
    UPDATE needrecord.reservations AS r
    SET recording_since = greatest(r.recording_since, least(stop_time, received_at)),
        expires_at = needrecord.refreshed_expiry(r.expires_at, r.quota, received_at, true)
    WHERE id = charged.id AND state = 'recording';
    RETURN 1;
END
$$;

COMMENT ON FUNCTION needrecord.apply_recorded_file(
    timestamptz, text, text, text, text, bigint, timestamptz, timestamptz
) IS
    'A file is complete: charges its length to the quota of the stream''s newest reservation that was asked for before '
    'the file''s end, in the month of the file''s beginning. Without one it is charged to nobody.';

CREATE FUNCTION needrecord.apply_ingest(
    received_at timestamptz, ingest_domain text, of_app text, of_stream text, action text, at_time timestamptz
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    of_domain text := coalesce(
        (SELECT d.play_domain FROM needrecord.ingest_domains AS d WHERE d.ingest_domain = apply_ingest.ingest_domain),
        apply_ingest.ingest_domain
    );
    spelling text := of_stream;
    ended integer;
BEGIN
    IF action <> 'publish_done' THEN
        RETURN 0;
    END IF;
    -- The platform may tell the stream in lower case. A name that was ever asked for as it stands is taken at its word,
    -- and one that may mean several streams is nobody's.
    IF NOT EXISTS (
        SELECT FROM needrecord.reservations WHERE stream = of_stream AND app = of_app AND domain = of_domain
    ) THEN
        SELECT min(stream) INTO spelling FROM needrecord.reservations
        WHERE lower(stream) = lower(of_stream COLLATE "C") AND app = of_app AND domain = of_domain AND end_cause IS NULL
        HAVING count(*) = 1;
    END IF;

    UPDATE needrecord.reservations
    SET state = 'ended', ended_at = received_at, end_cause = 'stream_ended', recording_since = NULL
    WHERE stream = spelling AND app = of_app AND domain = of_domain AND ended_at IS NULL AND last_asked_at < at_time;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

COMMENT ON FUNCTION needrecord.apply_ingest(timestamptz, text, text, text, text, timestamptz) IS
    'A stream has begun to be pushed, which changes nothing, or has ended, which ends its reservation unless it was '
    'asked for after that.';

-- Privileges ----------------------------------------------------------------------------------------------------------

REVOKE ALL ON FUNCTION
    needrecord.reserve(text[], text[], text[], text[], bigint[], uuid[], timestamptz[], timestamptz),
    needrecord.end_expired(bigint[], timestamptz),
    needrecord.release_reservation(text, text, text, text),
    needrecord.release_undelivered(uuid[]),
    needrecord.expire_reservations(timestamptz),
    needrecord.prune_reservations(timestamptz),
    needrecord.apply_recording_status(timestamptz, text, text, text, text),
    needrecord.apply_recorded_file(timestamptz, text, text, text, text, bigint, timestamptz, timestamptz),
    needrecord.apply_ingest(timestamptz, text, text, text, text, timestamptz)
    FROM PUBLIC;

GRANT EXECUTE ON FUNCTION
    needrecord.reserve(text[], text[], text[], text[], bigint[], uuid[], timestamptz[], timestamptz),
    needrecord.release_undelivered(uuid[])
    TO needrecord_worker;
GRANT EXECUTE ON FUNCTION
    needrecord.expire_reservations(timestamptz),
    needrecord.prune_reservations(timestamptz),
    needrecord.apply_recording_status(timestamptz, text, text, text, text),
    needrecord.apply_recorded_file(timestamptz, text, text, text, text, bigint, timestamptz, timestamptz),
    needrecord.apply_ingest(timestamptz, text, text, text, text, timestamptz)
    TO needrecord_auditor;
GRANT EXECUTE ON FUNCTION needrecord.release_reservation(text, text, text, text) TO needrecord_operator;

GRANT SELECT, INSERT, UPDATE, DELETE ON needrecord.quotas, needrecord.ingest_domains TO needrecord_operator;
GRANT SELECT ON needrecord.quotas, needrecord.quota_months, needrecord.reservations TO needrecord_worker;
GRANT SELECT ON needrecord.quota_buckets, needrecord.quota_months, needrecord.reservations, needrecord.quota_usage
    TO needrecord_operator;
GRANT SELECT ON needrecord.quotas, needrecord.ingest_domains, needrecord.quota_buckets, needrecord.quota_months,
    needrecord.reservations, needrecord.quota_usage
    TO needrecord_reader;
