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
