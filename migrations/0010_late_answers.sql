-- Decisions that came too late for their callback and answered the platform's next attempt, which found no decision
-- either.

ALTER TABLE needrecord.outcomes ADD COLUMN late_of uuid;
-- No older row has a value, so none has to be looked at.
ALTER TABLE needrecord.outcomes
    ADD CONSTRAINT outcomes_late_of_is_decided CHECK (late_of IS NULL OR cause = 'decided') NOT VALID;

COMMENT ON COLUMN needrecord.outcomes.late_of IS
    'The event id of the callback that the decision was made for, when it came too late for that one: this callback asked '
    'the same and would have been answered with the default. Null for a decision of its own. A callback whose gateway was '
    'killed has no outcome, and its decision is in needrecord.undeliverable_replies.';

-- Few rows have one, so it is small, and finds them whatever the day has in it.
CREATE INDEX outcomes_by_late_of ON needrecord.outcomes (minute) WHERE late_of IS NOT NULL;

-- The steps are those of a callback's own decision.
CREATE OR REPLACE VIEW needrecord.step_times_by_minute AS
SELECT
    minute,
    gateway,
    count(*) AS answers,
    round((percentile_disc(0.5) WITHIN GROUP (ORDER BY answer_us)) / 1000.0, 3) AS p50_ms,
    round((percentile_disc(0.99) WITHIN GROUP (ORDER BY answer_us)) / 1000.0, 3) AS p99_ms,
    round(max(answer_us) / 1000.0, 3) AS max_ms,
    count(*) FILTER (WHERE cause = 'decided' AND late_of IS NULL) AS decided,
    round(avg(publish_us) FILTER (WHERE cause = 'decided' AND late_of IS NULL) / 1000, 3) AS admission_ms,
    round(
        avg(reply_us - publish_us - worker_us) FILTER (WHERE cause = 'decided' AND late_of IS NULL) / 1000, 3
    ) AS broker_ms,
    round(avg(worker_us - facts_us) FILTER (WHERE cause = 'decided' AND late_of IS NULL) / 1000, 3) AS worker_ms,
    round(avg(facts_us) FILTER (WHERE cause = 'decided' AND late_of IS NULL) / 1000, 3) AS facts_ms,
    round(avg(answer_us - reply_us) FILTER (WHERE cause = 'decided' AND late_of IS NULL) / 1000, 3) AS answer_ms
FROM needrecord.outcomes
GROUP BY minute, gateway;

COMMENT ON COLUMN needrecord.step_times_by_minute.decided IS
    'How many of them had a decision of their own in time. The steps below are means of these, and together the mean '
    'time of their answers.';
