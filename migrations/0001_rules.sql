-- The business state: rules, and every revision they went through.
--
-- Whoever runs the product writes needrecord.rules with plain SQL (or with `needrecord rules`); workers read it on every
-- decision. The constraints repeat what the decision code demands, so that no writer can store a rule that the code
-- would have to guess about.

-- The schema itself is there already: the migrator keeps its own table in it.
COMMENT ON SCHEMA needrecord IS 'Business state, read on every decision, and what was decided.';

-- Roles ---------------------------------------------------------------------------------------------------------------
--
-- Roles belong to the whole cluster, so another database may have made them already. They cannot log in: a login role
-- is granted the ones that its process needs, and the process does SET ROLE to the one that it acts as.

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY[
        'needrecord_worker', 'needrecord_auditor', 'needrecord_operator', 'needrecord_reader'
    ] LOOP
        -- Without the look first, even a role that is there would take the right to create roles.
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = role_name);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION
            -- Two databases of one cluster may be migrated at the same moment.
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA needrecord FROM PUBLIC;
GRANT USAGE ON SCHEMA needrecord TO needrecord_worker, needrecord_auditor, needrecord_operator, needrecord_reader;

-- Rules ---------------------------------------------------------------------------------------------------------------

-- A name of a callback or '*' for any; the platform's names have 1 to 255 bytes and no control characters.
CREATE DOMAIN needrecord.name_pattern AS text
    CONSTRAINT name_pattern_length CHECK (octet_length(VALUE) BETWEEN 1 AND 255)
    CONSTRAINT name_pattern_printable CHECK (VALUE !~ '[\u0001-\u001F\u007F-\u009F]');

-- Seconds of one recorded file; the platform accepts 5 to 21600.
CREATE DOMAIN needrecord.interval_seconds AS integer
    CONSTRAINT interval_seconds_range CHECK (VALUE BETWEEN 5 AND 21600);

-- Fixed-width columns come first, so that rows are stored without padding between them.
CREATE TABLE needrecord.rules (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    priority      integer NOT NULL DEFAULT 0,
    interval_mp4  needrecord.interval_seconds,
    interval_flv  needrecord.interval_seconds,
    interval_m3u8 needrecord.interval_seconds,
    domain        needrecord.name_pattern NOT NULL DEFAULT '*',
    app           needrecord.name_pattern NOT NULL DEFAULT '*',
    stream        needrecord.name_pattern NOT NULL DEFAULT '*',
    effect        text NOT NULL,
    formats       text[] NOT NULL DEFAULT '{}',
    note          text NOT NULL DEFAULT '',

    CONSTRAINT rules_effect_known CHECK (effect IN ('record', 'skip')),
    CONSTRAINT rules_priority_range CHECK (priority BETWEEN -1000000 AND 1000000),
    CONSTRAINT rules_note_length CHECK (octet_length(note) <= 1000),
    -- Each format at most once, in the order mp4, flv, m3u8: a plan has one spelling.
    CONSTRAINT rules_formats_known CHECK (formats IN (
        '{}', '{mp4}', '{flv}', '{m3u8}', '{mp4,flv}', '{mp4,m3u8}', '{flv,m3u8}', '{mp4,flv,m3u8}'
    )),
    CONSTRAINT rules_skip_is_plain CHECK (
        effect = 'record'
        OR (formats = '{}' AND interval_mp4 IS NULL AND interval_flv IS NULL AND interval_m3u8 IS NULL)
    ),
    -- An interval for a format that is not recorded is a slip of whoever wrote it.
    CONSTRAINT rules_interval_has_format CHECK (
        formats = '{}'
        OR (
            (interval_mp4 IS NULL OR 'mp4' = ANY (formats))
            AND (interval_flv IS NULL OR 'flv' = ANY (formats))
            AND (interval_m3u8 IS NULL OR 'm3u8' = ANY (formats))
        )
    )
);

COMMENT ON TABLE needrecord.rules IS
    'Which streams are recorded. Highest priority wins, then the narrowest, then skip before record, then the oldest.';
COMMENT ON COLUMN needrecord.rules.priority IS 'Higher wins, however wide the rule.';
COMMENT ON COLUMN needrecord.rules.domain IS 'The play domain, or * for any.';
COMMENT ON COLUMN needrecord.rules.app IS 'The application, or * for any.';
COMMENT ON COLUMN needrecord.rules.stream IS 'The stream name, or * for any.';
COMMENT ON COLUMN needrecord.rules.effect IS 'record or skip.';
COMMENT ON COLUMN needrecord.rules.formats IS
    'The formats to narrow the platform''s template to, of mp4, flv and m3u8 in this order; empty keeps the template''s.';
COMMENT ON COLUMN needrecord.rules.interval_mp4 IS 'Seconds of one MP4 file; null keeps the template''s.';
COMMENT ON COLUMN needrecord.rules.interval_flv IS 'Seconds of one FLV file; null keeps the template''s.';
COMMENT ON COLUMN needrecord.rules.interval_m3u8 IS 'Seconds of one M3U8 cycle; null keeps the template''s.';
COMMENT ON COLUMN needrecord.rules.note IS 'For people.';

-- A decision asks for the eight combinations of a name and '*'. The stream comes first: it tells rules apart best.
CREATE INDEX rules_lookup ON needrecord.rules (stream, app, domain);

-- Revisions -----------------------------------------------------------------------------------------------------------
--
-- Every statement that changes rules takes the next revision. The counter's row stays locked until the change commits, so revisions
-- become visible in their order and a reader's snapshot always holds exactly the rules of the revision that it sees.

CREATE TABLE needrecord.rule_revision (
    revision bigint NOT NULL,
    is_only  boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (is_only)
);

COMMENT ON TABLE needrecord.rule_revision IS 'The current rule revision: one row.';

INSERT INTO needrecord.rule_revision (revision) VALUES (0);

CREATE TABLE needrecord.rule_history (
    revision   bigint NOT NULL,
    rule_id    bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL DEFAULT session_user,
    operation  text NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    rule       jsonb CHECK ((rule IS NULL) = (operation = 'delete')),
    PRIMARY KEY (rule_id, revision)
);

COMMENT ON TABLE needrecord.rule_history IS
    'Every rule as each of its changes left it; the rules of revision N are the newest rows of each rule up to N.';
COMMENT ON COLUMN needrecord.rule_history.rule IS 'The row of needrecord.rules; null once it was deleted.';
COMMENT ON COLUMN needrecord.rule_history.changed_by IS 'The login role.';

-- Reading a whole revision back walks the history up to it.
CREATE INDEX rule_history_by_revision ON needrecord.rule_history (revision);

-- One revision for each statement, however many rules it changes: a batch becomes visible as a whole anyway.
-- SECURITY DEFINER: whoever may change rules may thereby add to the history, and no one may write it otherwise.
CREATE FUNCTION needrecord.record_rule_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    new_revision bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM changed) THEN
        RETURN NULL;
    END IF;
    UPDATE needrecord.rule_revision SET revision = revision + 1 RETURNING revision INTO new_revision;
    INSERT INTO needrecord.rule_history (revision, rule_id, operation, rule)
    SELECT new_revision, id, lower(TG_OP), CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(changed) END
    FROM changed;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION needrecord.record_rule_change() FROM PUBLIC;

CREATE TRIGGER rules_inserted
    AFTER INSERT ON needrecord.rules
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.record_rule_change();

CREATE TRIGGER rules_updated
    AFTER UPDATE ON needrecord.rules
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.record_rule_change();

CREATE TRIGGER rules_deleted
    AFTER DELETE ON needrecord.rules
    REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.record_rule_change();

-- The history knows a rule by its id, and the older rule of two wins, so an id is for life.
CREATE FUNCTION needrecord.refuse_new_rule_id() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of a rule cannot change' USING ERRCODE = 'integrity_constraint_violation';
END
$$;

CREATE TRIGGER rules_id_is_for_life
    BEFORE UPDATE OF id ON needrecord.rules
    FOR EACH ROW WHEN (NEW.id IS DISTINCT FROM OLD.id)
    EXECUTE FUNCTION needrecord.refuse_new_rule_id();

CREATE FUNCTION needrecord.refuse_truncate() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% cannot be truncated: its changes are kept as revisions', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Use DELETE.';
END
$$;

CREATE TRIGGER rules_not_truncated
    BEFORE TRUNCATE ON needrecord.rules
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.refuse_truncate();

-- Privileges ----------------------------------------------------------------------------------------------------------

GRANT SELECT ON needrecord.rules, needrecord.rule_revision TO needrecord_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON needrecord.rules TO needrecord_operator;
GRANT SELECT ON needrecord.rule_revision, needrecord.rule_history TO needrecord_operator;
GRANT SELECT ON needrecord.rules, needrecord.rule_revision, needrecord.rule_history TO needrecord_reader;
GRANT SELECT ON needrecord.migrations TO needrecord_worker, needrecord_auditor, needrecord_operator, needrecord_reader;
