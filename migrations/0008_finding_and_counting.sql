-- Finding rules costs the same however many there are.
--
-- A sorted index compares the key that is looked for with a dozen to twenty others, each of them a text in another
-- place of memory, and most looks of a decision find nothing. A hash index goes to one page and compares numbers there.
-- Nothing ever asks for a range of keys.
DROP INDEX needrecord.rules_lookup_exact;
DROP INDEX needrecord.rules_lookup;
CREATE INDEX rules_lookup_exact ON needrecord.rules USING hash (lookup) WHERE starts_with(lookup, E'= = =\t');
CREATE INDEX rules_lookup ON needrecord.rules USING hash (lookup) WHERE NOT starts_with(lookup, E'= = =\t');

-- Reserving does not wait for those who keep a reservation or a bucket locked ---------------------------------------------
--
-- One stream's lock, such as an operator's open transaction, used to fail the whole batch. Now the others of the batch
-- get their answers, and the stream the answer "contended". Buckets are locked in their order, as before; a bucket that
-- others reserve in is waited for a little, because they are done at once.
--
-- Nobody waits in a circle: new buckets go in before anything is locked, buckets are waited for in their order, and
-- reservations are not waited for at all.

CREATE OR REPLACE FUNCTION needrecord.reserve(
    domains text[], apps text[], streams text[], quotas text[], rule_ids bigint[], event_ids uuid[],
    asked_ats timestamptz[], at_time timestamptz
) RETURNS SETOF needrecord.quota_answer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    -- One plan, made once, that looks everything up: reservations come and go too fast for statistics to be right.
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off
    -- Whoever else reserves is done in milliseconds.
    SET lock_timeout = '50ms' AS $$
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
    -- The buckets that are asked for, in their order.
    asked_quotas text[];
    asked_buckets text[];
    -- What is locked: buckets as "quota<line feed>bucket", and the ids of reservations.
    locked text[];
    locked_ids bigint[];
    contended bigint[] := '{}';
BEGIN
    -- What others have taken must be seen once they let go of the lock.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'reservations are exact in READ COMMITTED only' USING ERRCODE = 'invalid_transaction_state';
    END IF;

    SELECT
        coalesce(array_agg(a.quota ORDER BY a.quota, a.bucket), '{}'),
        coalesce(array_agg(a.bucket ORDER BY a.quota, a.bucket), '{}')
    INTO asked_quotas, asked_buckets
    FROM (
        SELECT DISTINCT q.name AS quota, needrecord.quota_bucket(q.scope, a.domain, a.app) COLLATE "C" AS bucket
        FROM unnest(domains, apps, quotas) AS a (domain, app, quota) JOIN needrecord.quotas AS q ON q.name = a.quota
    ) AS a;

    -- By itself and first: what is locked below must not be lost again because a bucket is new.
    IF EXISTS (
        SELECT FROM unnest(asked_quotas, asked_buckets) AS a (quota, bucket)
        WHERE NOT EXISTS (SELECT FROM needrecord.quota_buckets AS b WHERE b.quota = a.quota AND b.bucket = a.bucket)
    ) THEN
        BEGIN
            INSERT INTO needrecord.quota_buckets (quota, bucket)
            SELECT a.quota, a.bucket
            FROM unnest(asked_quotas, asked_buckets) AS a (quota, bucket)
            WHERE NOT EXISTS (SELECT FROM needrecord.quota_buckets AS b WHERE b.quota = a.quota AND b.bucket = a.bucket)
            ORDER BY a.quota COLLATE "C", a.bucket COLLATE "C"
            ON CONFLICT (quota, bucket) DO NOTHING;
        EXCEPTION
            WHEN lock_not_available THEN NULL;
        END;
    END IF;

    BEGIN
        locked := ARRAY(
            SELECT b.quota || E'\n' || b.bucket
            FROM unnest(asked_quotas, asked_buckets) AS a (quota, bucket)
            JOIN needrecord.quota_buckets AS b ON b.quota = a.quota AND b.bucket = a.bucket
            ORDER BY b.quota, b.bucket
            FOR NO KEY UPDATE OF b
        );
    EXCEPTION
        -- Somebody keeps one. The streams of all others need not wait.
        WHEN lock_not_available THEN
            locked := ARRAY(
                SELECT b.quota || E'\n' || b.bucket
                FROM unnest(asked_quotas, asked_buckets) AS a (quota, bucket)
                JOIN needrecord.quota_buckets AS b ON b.quota = a.quota AND b.bucket = a.bucket
                FOR NO KEY UPDATE OF b SKIP LOCKED
            );
    END;

    locked_ids := ARRAY(
        SELECT r.id
        FROM unnest(domains, apps, streams) AS a (domain, app, stream)
        CROSS JOIN LATERAL (
            SELECT id FROM needrecord.reservations
            WHERE stream = a.stream AND app = a.app AND domain = a.domain AND ended_at IS NULL
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
        ) AS r
    );

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

        -- Somebody else is at its reservation, which may be over, or be there only just now. Or at its bucket, which a
        -- stream does not need that has its reservation.
        IF (ask.open_id IS NOT NULL AND ask.open_id <> ALL (locked_ids))
            OR (
                cardinality(locked) < cardinality(asked_quotas) AND ask.is_known AND NOT ask.is_held
                AND ask.quota || E'\n' || ask.bucket <> ALL (locked)
            )
        THEN
            contended := contended || ask.number;
            answer := nothing_given;
            answer.state := 'contended';
            answer.quota := ask.quota;
            answer.bucket := ask.bucket;
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
            WHERE number <> ALL (contended)
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
    'column of the batch each. What somebody else has locked is contended: nothing is taken for it, and it is to be '
    'asked for again. Raises serialization_failure or lock_not_available when somebody reserves one of the streams '
    'under another quota in this moment: nothing is taken then, and the call is to be made again.';

COMMENT ON TYPE needrecord.quota_answer IS
    'What a quota says of a stream: granted (there is room, and this stream has it now), held (this stream had it '
    'already), denied, or contended (somebody else has locked it, so nothing can be said yet); what others use at the '
    'same time; the whole minutes recorded in this month. What is not limited has no limit; a quota that does not exist '
    'has no use either, and denies.';

-- What was recorded counts until its file does ----------------------------------------------------------------------------
--
-- The minutes that a recording had run for used to vanish when it paused or ended, and to come back with the file, which
-- for long intervals is hours later: until then they could be sold again. They are kept now, as stretches of time, until
-- a file covers them.

ALTER TABLE needrecord.reservations
    ADD COLUMN started_at    timestamptz,
    ADD COLUMN filed_until   timestamptz,
    ADD COLUMN unfiled_until timestamptz,
    ADD COLUMN unfiled       tstzmultirange NOT NULL DEFAULT '{}';

COMMENT ON COLUMN needrecord.reservations.started_at IS 'When record_started or record_resumed was last received.';
COMMENT ON COLUMN needrecord.reservations.filed_until IS 'Where the newest file ends that was told of while it recorded.';
COMMENT ON COLUMN needrecord.reservations.unfiled IS
    'When it was recorded before it paused or ended, as far as no file covers it yet. It counts as recorded, in the month '
    'that each stretch begins in.';
COMMENT ON COLUMN needrecord.reservations.unfiled_until IS
    'Until when that counts without a file: as long as a reservation lasts without a sign of life.';

UPDATE needrecord.reservations SET started_at = recording_since WHERE recording_since IS NOT NULL;

CREATE INDEX reservations_unfiled ON needrecord.reservations (quota, bucket) WHERE unfiled <> '{}'::tstzmultirange;

-- The platform's clock is not ours, it may tell of a pause minutes later (an interrupted stream may come back for three
-- minutes), and a file may be told of first. What is left beside a file and is shorter than this is no recording.
CREATE FUNCTION needrecord.file_slack() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN interval '5 minutes';

CREATE FUNCTION needrecord.with_unfiled(of_reservation needrecord.reservations, until timestamptz)
RETURNS tstzmultirange
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN (of_reservation).recording_since IS NULL OR (of_reservation).recording_since >= until
            OR (
                (of_reservation).recording_since = (of_reservation).filed_until
                AND until - (of_reservation).filed_until < needrecord.file_slack()
            )
        THEN (of_reservation).unfiled
        ELSE (of_reservation).unfiled + tstzmultirange(tstzrange((of_reservation).recording_since, until))
    END
$$;

COMMENT ON FUNCTION needrecord.with_unfiled(needrecord.reservations, timestamptz) IS
    'What a reservation has recorded without a file when its recording ends at this moment.';

CREATE FUNCTION needrecord.unfiled_expiry(of_reservation needrecord.reservations, until timestamptz)
RETURNS timestamptz
    LANGUAGE sql STABLE AS $$
    -- Greatest passes over null: a quota that is gone counts nothing.
    SELECT greatest((of_reservation).unfiled_until, until + (
        SELECT reservation_expiry FROM needrecord.quotas WHERE name = (of_reservation).quota
    ))
$$;

COMMENT ON FUNCTION needrecord.unfiled_expiry(needrecord.reservations, timestamptz) IS
    'Until when what was recorded up to a moment counts without a file.';

CREATE OR REPLACE FUNCTION needrecord.bucket_usage(of_quota needrecord.label, of_bucket text, zone text, at_time timestamptz)
RETURNS TABLE (live bigint, expired bigint, recorded_milliseconds bigint, month date)
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT
        r.live,
        r.expired,
        coalesce(m.recorded_milliseconds, 0)
            + ((coalesce(extract(epoch FROM r.running), 0) + coalesce(extract(epoch FROM w.waiting), 0)) * 1000)::bigint,
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
    CROSS JOIN LATERAL (
        SELECT sum(least(upper(stretch), at_time) - lower(stretch)) AS waiting
        FROM needrecord.reservations CROSS JOIN unnest(unfiled) AS stretch
        WHERE quota = of_quota AND bucket = of_bucket AND unfiled <> '{}'::tstzmultirange AND unfiled_until > at_time
            AND lower(stretch) < at_time AND lower(stretch) >= this.month::timestamp AT TIME ZONE zone
    ) AS w
    LEFT JOIN needrecord.quota_months AS m
        ON m.quota = of_quota AND m.bucket = of_bucket AND m.month = this.month
$$;

CREATE OR REPLACE FUNCTION needrecord.release_reservation(
    of_domain text, of_app text, of_stream text, cause text DEFAULT 'operator'
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE needrecord.reservations AS r
    SET state = 'ended', ended_at = now(), end_cause = cause, recording_since = NULL,
        unfiled = needrecord.with_unfiled(r, now()), unfiled_until = needrecord.unfiled_expiry(r, now())
    WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;

-- A status callback carries no time: what counts is when a gateway took it. One that was taken before the stream was
-- asked for is about an earlier push, however late it is read here. And a pause is about the recording that has begun: if
-- the stream was asked for again after that, the newer push keeps the reservation, and waits for its own beginning.
CREATE OR REPLACE FUNCTION needrecord.apply_recording_status(
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
            expires_at = needrecord.refreshed_expiry(r.expires_at, r.quota, received_at, true),
            started_at = greatest(r.started_at, received_at)
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL;
    ELSIF event = 'record_paused' THEN
        -- By the platform's documentation the end of a stream, too.
        UPDATE needrecord.reservations AS r
        SET state = CASE WHEN r.started_at < r.last_asked_at THEN 'reserved' ELSE 'paused' END,
            recording_since = NULL,
            expires_at = CASE
                -- Nothing, where the quota is gone: least passes over null.
                WHEN r.started_at < r.last_asked_at THEN least(r.expires_at, r.last_asked_at + (
                    SELECT coalesce(start_expiry, reservation_expiry) FROM needrecord.quotas WHERE name = r.quota
                ))
                ELSE r.expires_at
            END,
            unfiled = needrecord.with_unfiled(r, received_at),
            unfiled_until = needrecord.unfiled_expiry(r, received_at)
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND state = 'recording'
            AND last_asked_at <= received_at;
    ELSIF event = 'record_error' THEN
        -- There may be no file: what ran is charged to nobody until there is one.
        UPDATE needrecord.reservations
        SET state = 'ended', ended_at = received_at, end_cause = 'recording_failed', recording_since = NULL
        WHERE stream = of_stream AND app = of_app AND domain = of_domain AND ended_at IS NULL
            AND last_asked_at <= received_at;
    ELSE
        RETURN 0;
    END IF;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;

CREATE OR REPLACE FUNCTION needrecord.apply_recorded_file(
    received_at timestamptz, of_domain text, of_app text, of_stream text, uri text, duration_ms bigint,
    start_time timestamptz, stop_time timestamptz
) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    charged needrecord.reservations;
BEGIN
    -- A recording that was interrupted for a short time goes on in the same file, and may be one of two reservations.
    UPDATE needrecord.reservations AS r
    SET unfiled = r.unfiled - tstzmultirange(
        tstzrange(start_time - needrecord.file_slack(), stop_time + needrecord.file_slack())
    )
    WHERE stream = of_stream AND app = of_app AND domain = of_domain AND NOT isempty(r.unfiled);

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
        filed_until = greatest(r.filed_until, least(stop_time, received_at)),
        expires_at = needrecord.refreshed_expiry(r.expires_at, r.quota, received_at, true)
    WHERE id = charged.id AND state = 'recording';
    RETURN 1;
END
$$;

CREATE OR REPLACE FUNCTION needrecord.apply_ingest(
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

    UPDATE needrecord.reservations AS r
    SET state = 'ended', ended_at = received_at, end_cause = 'stream_ended', recording_since = NULL,
        unfiled = needrecord.with_unfiled(r, least(received_at, at_time)),
        unfiled_until = needrecord.unfiled_expiry(r, least(received_at, at_time))
    WHERE stream = spelling AND app = of_app AND domain = of_domain AND ended_at IS NULL AND last_asked_at < at_time;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;
