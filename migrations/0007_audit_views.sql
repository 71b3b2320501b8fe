-- What an operator asks of the audit trail.
--
-- Every view takes a filter on the column that its comment names and looks at those days only, through indexes. What
-- belongs to an outcome (the next question of the stream, its files) is looked up for each by itself: a join of whole
-- tables, or a window over them, would not let the filter through.

-- Fallbacks and times -------------------------------------------------------------------------------------------------

CREATE VIEW needrecord.fallbacks_by_minute AS
SELECT
    minute,
    gateway,
    count(*) AS answers,
    count(*) FILTER (WHERE need_record) AS to_record,
    count(*) FILTER (WHERE cause <> 'decided') AS fallbacks,
    round(count(*) FILTER (WHERE cause <> 'decided') / count(*)::numeric, 4) AS rate,
    count(*) FILTER (WHERE cause = 'timeout') AS timeout,
    count(*) FILTER (WHERE cause = 'broker_unavailable') AS broker_unavailable,
    count(*) FILTER (WHERE cause = 'broker_blocked') AS broker_blocked,
    count(*) FILTER (WHERE cause = 'unroutable') AS unroutable,
    count(*) FILTER (WHERE cause = 'overloaded') AS overloaded,
    count(*) FILTER (WHERE cause = 'state_unavailable') AS state_unavailable,
    count(*) FILTER (WHERE cause = 'draining') AS draining
FROM needrecord.outcomes
GROUP BY minute, gateway;

COMMENT ON VIEW needrecord.fallbacks_by_minute IS
    'How many callbacks were answered with the default because no decision came in time, by gateway and minute. Filter '
    'by minute.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.minute IS 'The minute in which the callbacks came in.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.gateway IS 'The gateway that answered.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.answers IS 'How many callbacks it answered.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.to_record IS 'How many of them with the order to record.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.fallbacks IS 'How many of them with the default, for any cause.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.rate IS 'The share of those, 0 to 1.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.timeout IS 'No reply came within the answer budget.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.broker_unavailable IS 'There was no connection to the broker.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.broker_blocked IS 'The broker had a memory or disk alarm.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.unroutable IS 'The broker had no queue for the event.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.overloaded IS 'Too many waited in the gateway, or in the work queue.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.state_unavailable IS 'The worker could not read the rules in time.';
COMMENT ON COLUMN needrecord.fallbacks_by_minute.draining IS 'The gateway was stopping.';

CREATE VIEW needrecord.step_times_by_minute AS
SELECT
    minute,
    gateway,
    count(*) AS answers,
    round((percentile_disc(0.5) WITHIN GROUP (ORDER BY answer_us)) / 1000.0, 3) AS p50_ms,
    round((percentile_disc(0.99) WITHIN GROUP (ORDER BY answer_us)) / 1000.0, 3) AS p99_ms,
    round(max(answer_us) / 1000.0, 3) AS max_ms,
    count(*) FILTER (WHERE cause = 'decided') AS decided,
    round(avg(publish_us) FILTER (WHERE cause = 'decided') / 1000, 3) AS admission_ms,
    round(avg(reply_us - publish_us - worker_us) FILTER (WHERE cause = 'decided') / 1000, 3) AS broker_ms,
    round(avg(worker_us - facts_us) FILTER (WHERE cause = 'decided') / 1000, 3) AS worker_ms,
    round(avg(facts_us) FILTER (WHERE cause = 'decided') / 1000, 3) AS facts_ms,
    round(avg(answer_us - reply_us) FILTER (WHERE cause = 'decided') / 1000, 3) AS answer_ms
FROM needrecord.outcomes
GROUP BY minute, gateway;

COMMENT ON VIEW needrecord.step_times_by_minute IS
    'How long answers took, and what took it, by gateway and minute, in milliseconds. Filter by minute.';
COMMENT ON COLUMN needrecord.step_times_by_minute.minute IS 'The minute in which the callbacks came in.';
COMMENT ON COLUMN needrecord.step_times_by_minute.gateway IS 'The gateway that answered.';
COMMENT ON COLUMN needrecord.step_times_by_minute.answers IS 'How many callbacks it answered, with the default too.';
COMMENT ON COLUMN needrecord.step_times_by_minute.p50_ms IS 'Half of them were answered within this time.';
COMMENT ON COLUMN needrecord.step_times_by_minute.p99_ms IS '99 of 100 were.';
COMMENT ON COLUMN needrecord.step_times_by_minute.max_ms IS 'All were.';
COMMENT ON COLUMN needrecord.step_times_by_minute.decided IS
    'How many of them were decided. The steps below are means of these, and together the mean time of their answers.';
COMMENT ON COLUMN needrecord.step_times_by_minute.admission_ms IS
    'In the gateway, from the callback to its publish; more than one publish counts up to the last.';
COMMENT ON COLUMN needrecord.step_times_by_minute.broker_ms IS
    'In the broker and its queues, there and back: what is left of the time to the reply.';
COMMENT ON COLUMN needrecord.step_times_by_minute.worker_ms IS 'In the worker, without reading the facts.';
COMMENT ON COLUMN needrecord.step_times_by_minute.facts_ms IS 'Reading the facts from the database.';
COMMENT ON COLUMN needrecord.step_times_by_minute.answer_ms IS 'In the gateway, from the reply to the answer.';

-- Pushes --------------------------------------------------------------------------------------------------------------
--
-- The platform asks up to six times for one push, of any gateway, and its questions have no id. It waits 5 s for an
-- answer, and then 1 s by its newer documentation, 100 ms to 10 s by its older one: so two attempts of one push begin 15 s
-- apart at most. 5 s more are for clocks and networks.

CREATE FUNCTION needrecord.push_gap() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN interval '20 seconds';

COMMENT ON FUNCTION needrecord.push_gap() IS
    'How far apart two callbacks of one stream are at most that are taken for attempts of the same push.';

CREATE VIEW needrecord.pushes AS
SELECT
    first.minute,
    first.domain,
    first.app,
    first.stream,
    first.received_at AS first_at,
    all_of_it.last_at,
    all_of_it.attempts,
    all_of_it.agree,
    all_of_it.need_record,
    all_of_it.causes,
    all_of_it.answers,
    all_of_it.gateways,
    all_of_it.event_ids
FROM needrecord.outcomes AS first
LEFT JOIN LATERAL (
    SELECT true AS is_there
    FROM needrecord.outcomes AS o
    WHERE o.stream = first.stream AND o.app = first.app AND o.domain = first.domain
        AND o.minute BETWEEN first.minute - interval '1 minute' AND first.minute
        AND (o.received_at, o.event_id) < (first.received_at, first.event_id)
        AND o.received_at >= first.received_at - needrecord.push_gap()
    LIMIT 1
) AS earlier ON true
CROSS JOIN LATERAL (
    WITH RECURSIVE attempts AS (
        SELECT first.minute, first.received_at, first.event_id, first.need_record, first.cause, first.answer,
            first.gateway
        UNION ALL
        SELECT next.*
        FROM attempts AS a
        CROSS JOIN LATERAL (
            SELECT o.minute, o.received_at, o.event_id, o.need_record, o.cause, o.answer, o.gateway
            FROM needrecord.outcomes AS o
            WHERE o.stream = first.stream AND o.app = first.app AND o.domain = first.domain
                AND o.minute BETWEEN a.minute AND a.minute + interval '1 minute'
                AND (o.received_at, o.event_id) > (a.received_at, a.event_id)
                AND o.received_at <= a.received_at + needrecord.push_gap()
            ORDER BY o.minute, o.received_at, o.event_id LIMIT 1
        ) AS next
    )
    SELECT
        max(received_at) AS last_at,
        count(*) AS attempts,
        min(answer) = max(answer) AS agree,
        (array_agg(need_record ORDER BY received_at DESC, event_id DESC))[1] AS need_record,
        array_agg(cause ORDER BY received_at, event_id) AS causes,
        array_agg(answer ORDER BY received_at, event_id) AS answers,
        array_agg(gateway ORDER BY received_at, event_id) AS gateways,
        array_agg(event_id ORDER BY received_at, event_id) AS event_ids
    FROM attempts
) AS all_of_it
WHERE earlier.is_there IS NULL;

COMMENT ON VIEW needrecord.pushes IS
    'The attempts of one push together: callbacks of one stream of which each came within 20 seconds after the one '
    'before. More than six, the most that the platform makes, are several pushes, close to one another. Filter by '
    'minute, or by stream, app, domain and minute.';
COMMENT ON COLUMN needrecord.pushes.minute IS 'The minute of the first attempt.';
COMMENT ON COLUMN needrecord.pushes.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.pushes.app IS 'The application.';
COMMENT ON COLUMN needrecord.pushes.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.pushes.first_at IS 'When the first attempt came in.';
COMMENT ON COLUMN needrecord.pushes.last_at IS 'When the last attempt came in.';
COMMENT ON COLUMN needrecord.pushes.attempts IS 'How many there were.';
COMMENT ON COLUMN needrecord.pushes.agree IS 'Whether all of them had the same answer, to the byte.';
COMMENT ON COLUMN needrecord.pushes.need_record IS
    'Whether the last one was told to record. The platform asks again only if no answer reached it.';
COMMENT ON COLUMN needrecord.pushes.causes IS 'The cause of each attempt''s answer, in the order of the attempts.';
COMMENT ON COLUMN needrecord.pushes.answers IS 'The body of each attempt''s answer.';
COMMENT ON COLUMN needrecord.pushes.gateways IS 'The gateway of each attempt.';
COMMENT ON COLUMN needrecord.pushes.event_ids IS 'The event id of each attempt, as in needrecord.outcomes.';

-- Reconciliation ------------------------------------------------------------------------------------------------------
--
-- A file belongs to the last question about its stream before it began. The platform gives whole seconds, cut off, so a
-- file can seem to begin up to a second before the answer that it follows. A push lasts until the next one.
--
-- A file is six hours long at most. A day is allowed for, so that the files of a stream need not all be looked at.
--
-- The first file comes when its cycle is over or the stream is: a cycle is six hours at most, the platform waits three
-- minutes for a stream to come back, and then repeats its callback for a minute or so.

CREATE FUNCTION needrecord.file_grace() RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN interval '6 hours 15 minutes';

COMMENT ON FUNCTION needrecord.file_grace() IS
    'How long after an answer its first file may be told of; until then nothing is said to be missing.';

CREATE FUNCTION needrecord.file_format(uri text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE lower(substring(uri FROM '\.([^./]*)$'))
        -- A piece of what an m3u8 file lists.
        WHEN 'ts' THEN 'm3u8'
        ELSE coalesce(lower(substring(uri FROM '\.([^./]*)$')), '')
    END;

COMMENT ON FUNCTION needrecord.file_format(text) IS
    'The format of a recorded file by the extension of its path: mp4, flv or m3u8 (and ts is m3u8), or what else it is.';

CREATE VIEW needrecord.missing_files AS
SELECT
    o.minute,
    o.received_at,
    o.domain,
    o.app,
    o.stream,
    CASE WHEN o.received_at > now() - needrecord.file_grace() THEN 'waiting' ELSE 'missing' END AS state,
    o.formats,
    o.rule,
    ARRAY(
        SELECT s.event::text
        FROM needrecord.recording_statuses AS s
        WHERE s.stream = o.stream AND s.app = o.app AND s.domain = o.domain
            AND s.received_at >= o.received_at AND s.received_at < coalesce(next.received_at, 'infinity')
        ORDER BY s.received_at LIMIT 10
    ) AS statuses,
    (
        SELECT min(s.happened_at)
        FROM needrecord.ingest_statuses AS s
        WHERE s.stream IN (o.stream, lower(o.stream)) AND s.app = o.app
            AND s.ingest_domain = ANY (ARRAY(
                SELECT o.domain::text UNION ALL
                SELECT d.ingest_domain FROM needrecord.ingest_domains AS d WHERE d.play_domain = o.domain
            ))
            AND s.received_at >= o.received_at AND s.received_at < coalesce(next.received_at, 'infinity')
            AND s.action = 'publish_done'
    ) AS stream_ended_at,
    next.received_at AS next_push_at,
    o.event_id
FROM needrecord.outcomes AS o
LEFT JOIN LATERAL (
    SELECT n.received_at
    FROM needrecord.outcomes AS n
    WHERE n.stream = o.stream AND n.app = o.app AND n.domain = o.domain
        AND n.minute >= o.minute AND (n.received_at, n.event_id) > (o.received_at, o.event_id)
    ORDER BY n.minute, n.received_at, n.event_id LIMIT 1
) AS next ON true
LEFT JOIN LATERAL (
    -- One that was begun for an earlier push counts: the platform goes on with it when a stream comes back soon.
    SELECT true AS is_there
    FROM needrecord.recorded_files AS f
    WHERE f.stream = o.stream AND f.app = o.app AND f.domain = o.domain
        AND f.stop_time >= o.received_at AND f.start_time < coalesce(next.received_at, 'infinity')
        AND f.stop_time < coalesce(next.received_at, 'infinity') + interval '1 day'
    ORDER BY f.stop_time LIMIT 1
) AS file ON true
WHERE o.need_record AND file.is_there IS NULL
    AND (next.received_at IS NULL OR next.received_at > o.received_at + needrecord.push_gap());

COMMENT ON VIEW needrecord.missing_files IS
    'The pushes that were to be recorded, by the answer to their last attempt, and no file has come of. Besides a loss '
    'there are good reasons: the platform''s own template records none of the formats, or the push was over at once. '
    'Filter by minute.';
COMMENT ON COLUMN needrecord.missing_files.minute IS 'The minute of the push''s last attempt.';
COMMENT ON COLUMN needrecord.missing_files.received_at IS 'When it came in.';
COMMENT ON COLUMN needrecord.missing_files.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.missing_files.app IS 'The application.';
COMMENT ON COLUMN needrecord.missing_files.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.missing_files.state IS
    'waiting for 6 hours and 15 minutes after the answer: a file comes at the end of its cycle. Then missing.';
COMMENT ON COLUMN needrecord.missing_files.formats IS 'The formats that were answered; empty for the template''s.';
COMMENT ON COLUMN needrecord.missing_files.rule IS 'The rule that it was to be recorded by.';
COMMENT ON COLUMN needrecord.missing_files.statuses IS
    'What the platform told of the recording, the first ten: without record_started it has not begun.';
COMMENT ON COLUMN needrecord.missing_files.stream_ended_at IS
    'When the push ended, as the platform says; null when it has not said.';
COMMENT ON COLUMN needrecord.missing_files.next_push_at IS 'When the stream was asked for again; null when it was not.';
COMMENT ON COLUMN needrecord.missing_files.event_id IS 'The event id of the last attempt.';

CREATE VIEW needrecord.unwanted_files AS
SELECT
    f.received_at,
    f.domain,
    f.app,
    f.stream,
    CASE WHEN asked.event_id IS NULL THEN 'unasked' ELSE 'refused' END AS state,
    f.start_time,
    f.stop_time,
    f.uri,
    asked.received_at AS asked_at,
    asked.cause,
    asked.rule,
    asked.event_id,
    f.event_id AS file_event_id
FROM needrecord.recorded_files AS f
LEFT JOIN LATERAL (
    SELECT o.received_at, o.need_record, o.cause, o.rule, o.event_id
    FROM needrecord.outcomes AS o
    WHERE o.stream = f.stream AND o.app = f.app AND o.domain = f.domain
        AND o.minute < f.start_time + interval '1 second' AND o.received_at < f.start_time + interval '1 second'
    ORDER BY o.minute DESC, o.received_at DESC, o.event_id DESC LIMIT 1
) AS asked ON true
WHERE asked.need_record IS NOT TRUE;

COMMENT ON VIEW needrecord.unwanted_files IS
    'The files that exist although the last answer before they began was not to record, or nobody had asked. Filter by '
    'received_at.';
COMMENT ON COLUMN needrecord.unwanted_files.received_at IS 'When the file was told of.';
COMMENT ON COLUMN needrecord.unwanted_files.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.unwanted_files.app IS 'The application.';
COMMENT ON COLUMN needrecord.unwanted_files.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.unwanted_files.state IS
    'refused when the answer was not to record; unasked when no callback before it is kept: the platform records without '
    'asking, or asked longer ago than outcomes are kept.';
COMMENT ON COLUMN needrecord.unwanted_files.start_time IS 'When the recording began, as the platform says.';
COMMENT ON COLUMN needrecord.unwanted_files.stop_time IS 'When the recording ended, as the platform says.';
COMMENT ON COLUMN needrecord.unwanted_files.uri IS 'The path of the object in its bucket.';
COMMENT ON COLUMN needrecord.unwanted_files.asked_at IS 'When the platform had asked.';
COMMENT ON COLUMN needrecord.unwanted_files.cause IS 'Why it was not to record: decided, or the cause of the default.';
COMMENT ON COLUMN needrecord.unwanted_files.rule IS 'The rule that said so, if one did.';
COMMENT ON COLUMN needrecord.unwanted_files.event_id IS 'The event id of that callback.';
COMMENT ON COLUMN needrecord.unwanted_files.file_event_id IS 'The key of the file in needrecord.recorded_files.';

CREATE VIEW needrecord.format_differences AS
SELECT
    o.minute,
    o.received_at,
    o.domain,
    o.app,
    o.stream,
    CASE
        WHEN NOT made.formats <@ o.formats THEN 'not_answered'
        WHEN o.received_at > now() - needrecord.file_grace() THEN 'waiting'
        ELSE 'not_made'
    END AS state,
    o.formats AS answered,
    made.formats AS made,
    made.files,
    o.rule,
    o.event_id
FROM needrecord.outcomes AS o
LEFT JOIN LATERAL (
    SELECT n.received_at
    FROM needrecord.outcomes AS n
    WHERE n.stream = o.stream AND n.app = o.app AND n.domain = o.domain
        AND n.minute >= o.minute AND (n.received_at, n.event_id) > (o.received_at, o.event_id)
    ORDER BY n.minute, n.received_at, n.event_id LIMIT 1
) AS next ON true
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT needrecord.file_format(f.uri)) AS formats, count(*) AS files
    FROM needrecord.recorded_files AS f
    WHERE f.stream = o.stream AND f.app = o.app AND f.domain = o.domain
        AND f.stop_time > o.received_at - interval '1 second'
        AND f.start_time > o.received_at - interval '1 second'
        AND f.start_time <= coalesce(next.received_at - interval '1 second', 'infinity')
        AND f.stop_time < coalesce(next.received_at, 'infinity') + interval '1 day'
    OFFSET 0
) AS made
WHERE o.need_record AND o.formats <> '{}' AND made.files > 0
    AND NOT (made.formats <@ o.formats AND made.formats @> o.formats);

COMMENT ON VIEW needrecord.format_differences IS
    'The recorded pushes whose files have other formats than the answer named. The platform intersects the answer with '
    'its template, so a format that is not made may only be missing there; one that was not answered should not be. '
    'Filter by minute.';
COMMENT ON COLUMN needrecord.format_differences.minute IS 'The minute of the callback.';
COMMENT ON COLUMN needrecord.format_differences.received_at IS 'When it came in.';
COMMENT ON COLUMN needrecord.format_differences.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.format_differences.app IS 'The application.';
COMMENT ON COLUMN needrecord.format_differences.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.format_differences.state IS
    'not_answered when there is a file of a format that the answer does not name; else not_made when one it names is '
    'in no file, which is waiting for 6 hours and 15 minutes after the answer.';
COMMENT ON COLUMN needrecord.format_differences.answered IS 'The formats of the answer.';
COMMENT ON COLUMN needrecord.format_differences.made IS 'The formats of the files, by the extensions of their paths.';
COMMENT ON COLUMN needrecord.format_differences.files IS 'How many files there are of the push.';
COMMENT ON COLUMN needrecord.format_differences.rule IS 'The rule that it is recorded by.';
COMMENT ON COLUMN needrecord.format_differences.event_id IS 'The event id of the callback.';

-- Rules ---------------------------------------------------------------------------------------------------------------

CREATE VIEW needrecord.rule_changes AS
SELECT
    r.revision,
    r.changed_at,
    r.changed_by,
    r.note,
    changed.id AS rule,
    coalesce(new.rule_set, old.rule_set) AS rule_set,
    coalesce(new.name, old.name) AS name,
    coalesce(new.shadow, old.shadow) AS shadow,
    CASE WHEN old.id IS NULL THEN 'added' WHEN new.id IS NULL THEN 'removed' ELSE 'changed' END AS change,
    differing.before,
    differing.after
FROM needrecord.rule_revisions AS r
CROSS JOIN LATERAL (
    SELECT v.id FROM needrecord.rule_versions AS v WHERE v.since_revision = r.revision
    UNION
    SELECT v.id FROM needrecord.rule_versions AS v WHERE v.until_revision = r.revision
) AS changed
LEFT JOIN needrecord.rule_versions AS new ON new.id = changed.id AND new.since_revision = r.revision
LEFT JOIN needrecord.rule_versions AS old ON old.id = changed.id AND old.until_revision = r.revision
CROSS JOIN LATERAL (
    SELECT
        jsonb_object_agg(key, o.value) FILTER (WHERE old.id IS NOT NULL AND o.value <> 'null') AS before,
        jsonb_object_agg(key, n.value) FILTER (WHERE new.id IS NOT NULL AND n.value <> 'null') AS after
    FROM jsonb_each(to_jsonb(old)) AS o
    FULL JOIN jsonb_each(to_jsonb(new)) AS n USING (key)
    WHERE o.value IS DISTINCT FROM n.value
        AND key NOT IN ('since_revision', 'until_revision', 'id', 'created_at', 'lookup')
) AS differing;

COMMENT ON VIEW needrecord.rule_changes IS
    'Who changed which rule when, what for, and from what to what: one row for each rule of each revision. Filter by '
    'changed_at or revision; by rule, a row for each change of that rule is looked up.';
COMMENT ON COLUMN needrecord.rule_changes.revision IS 'The revision that the change made.';
COMMENT ON COLUMN needrecord.rule_changes.changed_at IS 'When it was there for the first decision.';
COMMENT ON COLUMN needrecord.rule_changes.changed_by IS 'The login role.';
COMMENT ON COLUMN needrecord.rule_changes.note IS 'What the change was for, if somebody has said so.';
COMMENT ON COLUMN needrecord.rule_changes.rule IS 'The id of the rule.';
COMMENT ON COLUMN needrecord.rule_changes.rule_set IS 'The set that the rule belongs to.';
COMMENT ON COLUMN needrecord.rule_changes.name IS 'The name of the rule, if it has one.';
COMMENT ON COLUMN needrecord.rule_changes.shadow IS 'Whether it only belongs to the shadow of its set.';
COMMENT ON COLUMN needrecord.rule_changes.change IS 'added, changed or removed.';
COMMENT ON COLUMN needrecord.rule_changes.before IS
    'The columns that were another, as they were; all that had a value, of a rule that was removed.';
COMMENT ON COLUMN needrecord.rule_changes.after IS
    'The same columns as they became; all that have a value, of a rule that was added.';

-- Conservation --------------------------------------------------------------------------------------------------------

CREATE VIEW needrecord.unbalanced_minutes AS
SELECT
    minute,
    gateway,
    gateway_run,
    cause,
    CASE WHEN has_counters THEN counted END AS counted,
    kept,
    unkept,
    CASE
        WHEN minute > now() - interval '5 minutes' THEN 'recent'
        WHEN NOT has_counters THEN 'uncounted'
        WHEN missing = unkept AND NOT is_odd THEN 'unkept'
        ELSE 'differs'
    END AS state
FROM (
    SELECT
        minute,
        gateway,
        gateway_run,
        cause,
        sum(counted)::bigint AS counted,
        sum(kept)::bigint AS kept,
        max(max(unkept)) OVER this_minute AS unkept,
        bool_or(bool_or(is_counter)) OVER this_minute AS has_counters,
        sum(sum(counted) - sum(kept)) OVER this_minute AS missing,
        -- What no full journal explains.
        bool_or(sum(counted) < sum(kept) OR cause = 'unanswered' AND sum(counted) <> 0) OVER this_minute AS is_odd
    FROM (
        SELECT minute, gateway, gateway_run, cause, 0::bigint AS counted, count(*) AS kept, 0::bigint AS unkept,
            false AS is_counter
        FROM needrecord.outcomes
        GROUP BY minute, gateway, gateway_run, cause
        UNION ALL
        SELECT m.minute, m.gateway, m.gateway_run, c.cause COLLATE "C", c.counted, 0::bigint, m.unkept, true
        FROM needrecord.gateway_minutes AS m
        CROSS JOIN LATERAL (
            SELECT key AS cause, value::bigint AS counted FROM jsonb_each_text(m.outcomes)
            UNION ALL
            SELECT 'unanswered', m.received - coalesce(sum(value::bigint), 0)::bigint FROM jsonb_each_text(m.outcomes)
        ) AS c
    ) AS both_sides
    GROUP BY minute, gateway, gateway_run, cause
    WINDOW this_minute AS (PARTITION BY minute, gateway, gateway_run)
) AS compared
WHERE counted <> kept;

COMMENT ON VIEW needrecord.unbalanced_minutes IS
    'Where what a gateway has counted and what is kept in needrecord.outcomes are not the same: one row for each minute, '
    'gateway process and cause. No rows: nothing is missing, and nothing is there that should not be. Filter by minute.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.minute IS 'The minute of the event ids.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.gateway IS 'The gateway.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.gateway_run IS 'The life of its process.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.cause IS
    'The cause of the answers; unanswered for callbacks that were received and that no answer was counted for.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.counted IS
    'How many the gateway has counted; null when it has not told of the minute.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.kept IS 'How many outcomes there are.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.unkept IS
    'How many outcomes of the whole minute the gateway says that it could not keep.';
COMMENT ON COLUMN needrecord.unbalanced_minutes.state IS
    'recent in the last five minutes, which are not judged: outcomes may be on their way. uncounted when there are '
    'outcomes and no count: the gateway was killed before it could tell, or the auditor is behind. unkept when what is '
    'missing is what the gateway could not keep. Else differs.';

-- Privileges ----------------------------------------------------------------------------------------------------------

GRANT SELECT ON needrecord.fallbacks_by_minute, needrecord.step_times_by_minute, needrecord.pushes,
    needrecord.missing_files, needrecord.unwanted_files, needrecord.format_differences, needrecord.rule_changes,
    needrecord.unbalanced_minutes
    TO needrecord_operator, needrecord_reader;
