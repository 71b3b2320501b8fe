-- Replays: events that went through the queue again, who sent them, and what was decided. Nothing of it was answered to
-- anybody. A replay that changes nothing and sends nothing leaves no trace here.
--
-- The auditor alone writes here, from the outcomes stream in RabbitMQ, as it does with outcomes.

CREATE TABLE needrecord.replay_runs (
    replay         uuid NOT NULL,
    run            uuid NOT NULL,
    started_at     timestamptz NOT NULL,
    ended_at       timestamptz,
    rate           integer NOT NULL CHECK (rate > 0),
    charges_quotas boolean NOT NULL,
    is_complete    boolean NOT NULL DEFAULT false,
    operator       text COLLATE "C" NOT NULL CHECK (octet_length(operator) BETWEEN 1 AND 255),
    reason         text NOT NULL CHECK (octet_length(reason) BETWEEN 1 AND 1000),
    selection      jsonb NOT NULL CHECK (jsonb_typeof(selection) = 'object'),
    PRIMARY KEY (replay, run),
    CONSTRAINT replay_runs_complete_at_the_end CHECK (NOT is_complete OR ended_at IS NOT NULL)
);

COMMENT ON TABLE needrecord.replay_runs IS
    'The sittings of each replay: one that was stopped goes on in another.';
COMMENT ON COLUMN needrecord.replay_runs.replay IS 'The id of the replay.';
COMMENT ON COLUMN needrecord.replay_runs.run IS 'The id of the sitting.';
COMMENT ON COLUMN needrecord.replay_runs.started_at IS 'When it began.';
COMMENT ON COLUMN needrecord.replay_runs.ended_at IS 'When it ended; null while it goes on, and when it was killed.';
COMMENT ON COLUMN needrecord.replay_runs.rate IS 'The most events that were published a second.';
COMMENT ON COLUMN needrecord.replay_runs.charges_quotas IS 'Whether the events took reservations of quotas.';
COMMENT ON COLUMN needrecord.replay_runs.is_complete IS 'Whether all that was selected had been replayed at its end.';
COMMENT ON COLUMN needrecord.replay_runs.operator IS 'Who replayed, as they have said.';
COMMENT ON COLUMN needrecord.replay_runs.reason IS 'What for.';
COMMENT ON COLUMN needrecord.replay_runs.selection IS
    'Which callbacks: their source, their span in milliseconds since 1970 or in offsets of the stream, patterns of names, '
    'causes and the rule.';

CREATE INDEX replay_runs_by_time ON needrecord.replay_runs (started_at);

CREATE TABLE needrecord.replayed_events (
    event_id    uuid PRIMARY KEY,
    replay      uuid NOT NULL,
    replay_of   uuid NOT NULL,
    replayed_at timestamptz NOT NULL,
    decided_at  timestamptz,
    rule        bigint,
    revision    bigint,
    reply_us    integer CHECK (reply_us >= 0),
    need_record boolean NOT NULL,
    domain      needrecord.callback_name NOT NULL,
    app         needrecord.callback_name NOT NULL,
    stream      needrecord.callback_name NOT NULL,
    cause       text COLLATE "C" NOT NULL,
    reason      text COLLATE "C",
    formats     text[] NOT NULL,
    worker      text COLLATE "C" CHECK (octet_length(worker) BETWEEN 1 AND 255),
    decision    jsonb CHECK (jsonb_typeof(decision) = 'object'),

    CONSTRAINT replayed_events_decision_is_whole CHECK (
        (cause = 'decided') = (reason IS NOT NULL)
        AND (cause = 'decided') = (decided_at IS NOT NULL)
        AND (cause = 'decided') = (revision IS NOT NULL)
        AND (cause = 'decided') = (decision IS NOT NULL)
    )
);

COMMENT ON TABLE needrecord.replayed_events IS
    'Every event that went through the queue again, and what was decided. An event that had no decision in time is there '
    'again when its replay went on.';
COMMENT ON COLUMN needrecord.replayed_events.event_id IS 'The id that the event was given for it, a UUIDv7.';
COMMENT ON COLUMN needrecord.replayed_events.replay IS 'The replay that it belongs to.';
COMMENT ON COLUMN needrecord.replayed_events.replay_of IS 'The event id of the callback that it repeats, as in needrecord.outcomes.';
COMMENT ON COLUMN needrecord.replayed_events.replayed_at IS 'When it was published.';
COMMENT ON COLUMN needrecord.replayed_events.decided_at IS 'The clock that was decided by; null when it was not decided in time.';
COMMENT ON COLUMN needrecord.replayed_events.rule IS 'The rule that won; null for none, and when it was not decided in time.';
COMMENT ON COLUMN needrecord.replayed_events.revision IS 'The rule revision that was decided on.';
COMMENT ON COLUMN needrecord.replayed_events.reply_us IS 'Microseconds from the publish to the reply; null when none came in time.';
COMMENT ON COLUMN needrecord.replayed_events.need_record IS 'Whether a platform would have been told to record.';
COMMENT ON COLUMN needrecord.replayed_events.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.replayed_events.app IS 'The application.';
COMMENT ON COLUMN needrecord.replayed_events.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.replayed_events.cause IS 'decided, or why there was no decision, such as timeout.';
COMMENT ON COLUMN needrecord.replayed_events.reason IS
    'Why it was decided so: rule (the one that won says so), quota_exhausted or no_rule_matches.';
COMMENT ON COLUMN needrecord.replayed_events.formats IS 'The formats that would have been answered.';
COMMENT ON COLUMN needrecord.replayed_events.worker IS 'The name of the worker that replied; null when none did in time.';
COMMENT ON COLUMN needrecord.replayed_events.decision IS 'The whole decision as the worker sent it.';

CREATE INDEX replayed_events_by_replay ON needrecord.replayed_events (replay, replay_of);
CREATE INDEX replayed_events_by_original ON needrecord.replayed_events (replay_of);
CREATE INDEX replayed_events_by_time ON needrecord.replayed_events (replayed_at);

-- Questions -----------------------------------------------------------------------------------------------------------

CREATE VIEW needrecord.replays AS
SELECT
    r.replay,
    r.started_at,
    last.ended_at,
    CASE WHEN r.is_complete THEN 'complete' WHEN last.ended_at IS NOT NULL THEN 'stopped' ELSE 'running' END AS state,
    first.operator,
    first.reason,
    r.runs,
    e.events,
    e.decided,
    e.to_record,
    first.charges_quotas,
    first.selection
FROM (
    SELECT replay, min(started_at) AS started_at, count(*) AS runs, bool_or(is_complete) AS is_complete
    FROM needrecord.replay_runs GROUP BY replay
) AS r
CROSS JOIN LATERAL (
    SELECT f.operator, f.reason, f.charges_quotas, f.selection FROM needrecord.replay_runs AS f
    WHERE f.replay = r.replay ORDER BY f.started_at, f.run LIMIT 1
) AS first
CROSS JOIN LATERAL (
    SELECT l.ended_at FROM needrecord.replay_runs AS l
    WHERE l.replay = r.replay ORDER BY l.started_at DESC, l.run DESC LIMIT 1
) AS last
CROSS JOIN LATERAL (
    SELECT count(DISTINCT x.replay_of) AS events,
        count(*) FILTER (WHERE x.cause = 'decided') AS decided,
        count(*) FILTER (WHERE x.need_record) AS to_record
    FROM needrecord.replayed_events AS x WHERE x.replay = r.replay
) AS e;

COMMENT ON VIEW needrecord.replays IS 'Who sent which events through the queue again, when and what for. Filter by started_at.';
COMMENT ON COLUMN needrecord.replays.replay IS 'The id of the replay.';
COMMENT ON COLUMN needrecord.replays.started_at IS 'When it began.';
COMMENT ON COLUMN needrecord.replays.ended_at IS 'When its last sitting ended; null while that goes on, and when it was killed.';
COMMENT ON COLUMN needrecord.replays.state IS
    'complete; stopped when it ended before all was replayed; running when it goes on, or was killed.';
COMMENT ON COLUMN needrecord.replays.operator IS 'Who began it, as they have said.';
COMMENT ON COLUMN needrecord.replays.reason IS 'What for.';
COMMENT ON COLUMN needrecord.replays.runs IS 'How many sittings there were.';
COMMENT ON COLUMN needrecord.replays.events IS 'How many callbacks were replayed so far.';
COMMENT ON COLUMN needrecord.replays.decided IS 'How many decisions there were in time.';
COMMENT ON COLUMN needrecord.replays.to_record IS 'How many of them to record.';
COMMENT ON COLUMN needrecord.replays.charges_quotas IS 'Whether the events took reservations of quotas.';
COMMENT ON COLUMN needrecord.replays.selection IS 'Which callbacks, as in needrecord.replay_runs.';

CREATE VIEW needrecord.replay_results AS
SELECT
    r.replayed_at,
    r.domain,
    r.app,
    r.stream,
    o.cause AS first_cause,
    o.need_record AS first_need_record,
    o.formats AS first_formats,
    o.rule AS first_rule,
    r.cause,
    r.need_record,
    r.formats,
    r.rule,
    o.event_id IS NOT NULL
        AND (o.need_record, o.formats, o.decision -> 'intervals')
            IS DISTINCT FROM (r.need_record, r.formats, r.decision -> 'intervals') AS is_different,
    r.replay_of,
    r.event_id,
    r.replay
FROM needrecord.replayed_events AS r
LEFT JOIN needrecord.outcomes AS o
    ON o.event_id = r.replay_of AND o.minute = needrecord.event_minute(r.replay_of);

COMMENT ON VIEW needrecord.replay_results IS
    'What was decided of each replayed event, beside what its callback was answered. Filter by replay, or by replayed_at.';
COMMENT ON COLUMN needrecord.replay_results.replayed_at IS 'When it was published.';
COMMENT ON COLUMN needrecord.replay_results.domain IS 'The play domain.';
COMMENT ON COLUMN needrecord.replay_results.app IS 'The application.';
COMMENT ON COLUMN needrecord.replay_results.stream IS 'The stream name.';
COMMENT ON COLUMN needrecord.replay_results.first_cause IS
    'What the callback''s answer rested on: decided, or the cause of the default; null when it has no outcome.';
COMMENT ON COLUMN needrecord.replay_results.first_need_record IS 'Whether the platform was told to record.';
COMMENT ON COLUMN needrecord.replay_results.first_formats IS 'The formats of the answer.';
COMMENT ON COLUMN needrecord.replay_results.first_rule IS 'The rule that had won.';
COMMENT ON COLUMN needrecord.replay_results.cause IS 'decided, or why there was no decision in time.';
COMMENT ON COLUMN needrecord.replay_results.need_record IS 'Whether the platform would be told to record now.';
COMMENT ON COLUMN needrecord.replay_results.formats IS 'The formats of that answer.';
COMMENT ON COLUMN needrecord.replay_results.rule IS 'The rule that has won now.';
COMMENT ON COLUMN needrecord.replay_results.is_different IS
    'Whether the answer would be another: yes or no, its formats, or the intervals of their files.';
COMMENT ON COLUMN needrecord.replay_results.replay_of IS 'The event id of the callback.';
COMMENT ON COLUMN needrecord.replay_results.event_id IS 'The event id of its repetition.';
COMMENT ON COLUMN needrecord.replay_results.replay IS 'The id of the replay.';

-- Housekeeping and privileges -----------------------------------------------------------------------------------------

CREATE FUNCTION needrecord.prune_replays(before timestamptz, row_limit integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    removed bigint;
    counted bigint;
BEGIN
    IF (before <= now() AND row_limit > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'cannot remove % rows from before %', row_limit, before
            USING ERRCODE = 'invalid_parameter_value', HINT = 'A time that has passed, and one row at least.';
    END IF;
    DELETE FROM needrecord.replayed_events WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM needrecord.replayed_events WHERE replayed_at < before ORDER BY replayed_at LIMIT row_limit
    ));
    GET DIAGNOSTICS removed = ROW_COUNT;
    -- A replay is told of for as long as one of its events is.
    DELETE FROM needrecord.replay_runs WHERE ctid = ANY (ARRAY(
        SELECT r.ctid FROM needrecord.replay_runs AS r
        WHERE r.started_at < before
            AND NOT EXISTS (SELECT FROM needrecord.replayed_events AS e WHERE e.replay = r.replay)
        ORDER BY r.started_at LIMIT row_limit
    ));
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN removed + counted;
END
$$;

COMMENT ON FUNCTION needrecord.prune_replays(timestamptz, integer) IS
    'Removes the replayed events from before this moment, and the sittings of replays that nothing is left of; so many '
    'rows at most of each. Says how many.';

REVOKE ALL ON FUNCTION needrecord.prune_replays(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION needrecord.prune_replays(timestamptz, integer) TO needrecord_auditor;

-- The end of a sitting is told after its beginning.
GRANT INSERT, SELECT, UPDATE (ended_at, is_complete) ON needrecord.replay_runs
    TO needrecord_auditor;
GRANT INSERT, SELECT (event_id) ON needrecord.replayed_events TO needrecord_auditor;
GRANT SELECT ON needrecord.replay_runs, needrecord.replayed_events, needrecord.replays, needrecord.replay_results
    TO needrecord_operator, needrecord_reader;
