-- Rules learn globs, conditions beside the names, sets, quotas' names and shadows; and every revision can be read back with
-- the same query, at the same cost, as the current one.

-- Patterns ------------------------------------------------------------------------------------------------------------
--
-- From here on a name of a rule is a pattern: * is any run of characters, even none, ? is any one character, and a
-- backslash before *, ? or \ takes it literally. What was stored as an exact name so far stays one.

-- The history is spelled anew further below; this is no change of the rules.
DROP TRIGGER rules_inserted ON needrecord.rules;
DROP TRIGGER rules_updated ON needrecord.rules;
DROP TRIGGER rules_deleted ON needrecord.rules;
DROP FUNCTION needrecord.record_rule_change();

CREATE FUNCTION needrecord.exact(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN regexp_replace(name, '([*?\\])', '\\\1', 'g');

COMMENT ON FUNCTION needrecord.exact(text) IS
    'The pattern that matches this name and no other. Whoever puts names that users chose into rules needs it.';

-- A name of 255 bytes has to fit, whatever has to be escaped in it.
ALTER DOMAIN needrecord.name_pattern DROP CONSTRAINT name_pattern_length;
ALTER DOMAIN needrecord.name_pattern ADD CONSTRAINT name_pattern_length CHECK (
    octet_length(CASE WHEN strpos(VALUE, '\') = 0 THEN VALUE ELSE regexp_replace(VALUE, '\\(.)', '\1', 'g') END)
    BETWEEN 1 AND 255
);

UPDATE needrecord.rules SET domain = needrecord.exact(domain) WHERE domain <> '*' AND domain ~ '[*?\\]';
UPDATE needrecord.rules SET app = needrecord.exact(app) WHERE app <> '*' AND app ~ '[*?\\]';
UPDATE needrecord.rules SET stream = needrecord.exact(stream) WHERE stream <> '*' AND stream ~ '[*?\\]';

ALTER DOMAIN needrecord.name_pattern
    ADD CONSTRAINT name_pattern_escapes CHECK (strpos(VALUE, '\') = 0 OR VALUE ~ '^([^\\]|\\[*?\\])*$');

-- How rules are found -------------------------------------------------------------------------------------------------
--
-- A decision must not look at every glob. So each pattern has a shape, which says what part of a name it fixes, and a
-- key, which is that part:
--
--      pattern        shape   key
--      *              *                   nothing is fixed
--      teststream     =       teststream  the whole name
--      room-*         <5      room-       the first five characters
--      *-vip          >4      -vip        the last four (the longer of both when both are fixed)
--      *vip-007*      ~7      vip-007     seven characters somewhere (the last eight of the longest part, if it is longer)
--      *x*            ?                   nothing that could be looked up
--
-- The shapes of the three names together are the shape of the rule, and there are only few of them, however many rules
-- there are. A decision makes one key of its names for each shape that is in use, and finds all candidates through one
-- index. Whether a candidate really matches is the decision code's to say.

CREATE FUNCTION needrecord.name_shape(pattern text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    parts text[];
    head integer;
    tail integer;
    longest integer;
BEGIN
    IF pattern = '*' THEN
        RETURN '*';
    ELSIF strpos(pattern, '*') = 0 AND strpos(pattern, '?') = 0 AND strpos(pattern, '\') = 0 THEN
        RETURN '=';
    END IF;
    parts := needrecord.literal_parts(pattern);
    IF cardinality(parts) = 1 THEN
        RETURN '=';
    END IF;
    head := char_length(parts[1]);
    tail := char_length(parts[cardinality(parts)]);
    longest := (SELECT max(char_length(part)) FROM unnest(parts) AS part);
    RETURN CASE
        WHEN head > 0 AND head >= tail THEN '<' || head
        WHEN tail > 0 THEN '>' || tail
        WHEN longest >= 3 THEN '~' || least(longest, 8)
        ELSE '?'
    END;
END
$$;

-- What stands between the wildcards of a pattern, unescaped: 'a\*b*c?' is {a*b,c,''}.
CREATE FUNCTION needrecord.literal_parts(pattern text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    -- A line feed cannot be in a name, so it can stand for the wildcards.
    SELECT string_to_array(
        string_agg(CASE WHEN token[1] IN ('*', '?') THEN E'\n' ELSE right(token[1], 1) END, '' ORDER BY number), E'\n'
    )
    FROM regexp_matches(pattern, '\\.|.', 'g') WITH ORDINALITY AS tokens (token, number)
$$;

CREATE FUNCTION needrecord.name_key(pattern text, shape text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    parts text[];
BEGIN
    IF shape IN ('*', '?') THEN
        RETURN '';
    ELSIF shape = '=' AND strpos(pattern, '\') = 0 THEN
        RETURN pattern;
    END IF;
    parts := needrecord.literal_parts(pattern);
    RETURN CASE left(shape, 1)
        WHEN '>' THEN parts[cardinality(parts)]
        -- The end of the longest part: where names differ, they differ there.
        WHEN '~' THEN (
            SELECT right(part, substr(shape, 2)::integer) FROM unnest(parts) AS part
            ORDER BY char_length(part) DESC, part COLLATE "C" LIMIT 1
        )
        ELSE parts[1]
    END;
END
$$;

-- The shape and the keys, with tabs between them, which cannot be in a name.
CREATE FUNCTION needrecord.rule_lookup(domain text, app text, stream text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    domain_shape text;
    app_shape text;
    stream_shape text;
BEGIN
    -- Most rules of most back ends name a stream: they should load fast.
    IF translate(concat(domain, app, stream), '*?\', '') = concat(domain, app, stream) THEN
        RETURN concat(E'= = =\t', domain, E'\t', app, E'\t', stream);
    END IF;
    -- Only a stream is looked for in the middle of its name: a platform has many streams and few domains.
    domain_shape := regexp_replace(needrecord.name_shape(domain), '~.*', '?');
    app_shape := regexp_replace(needrecord.name_shape(app), '~.*', '?');
    stream_shape := needrecord.name_shape(stream);
    RETURN concat(
        domain_shape, ' ', app_shape, ' ', stream_shape, E'\t', needrecord.name_key(domain, domain_shape), E'\t',
        needrecord.name_key(app, app_shape), E'\t', needrecord.name_key(stream, stream_shape)
    );
END
$$;

-- Conditions ----------------------------------------------------------------------------------------------------------

CREATE FUNCTION needrecord.is_time_zone(name text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED STRICT AS $$
BEGIN
    -- PostgreSQL takes abbreviations and POSIX rules too, which change with no season or mean two things.
    -- Etc/GMT+13 would be such a rule.
    IF name !~ '^(UTC|Etc/GMT(\+(\d|1[0-2])|-(\d|1[0-4]))|[A-Za-z]+(/[A-Za-z_-]+){1,2})$'
        OR name ~* '^(posix|right)/' THEN
        RETURN false;
    END IF;
    PERFORM now() AT TIME ZONE name;
    RETURN true;
EXCEPTION
    WHEN invalid_parameter_value THEN RETURN false;
END
$$;

CREATE DOMAIN needrecord.time_zone AS text
    CONSTRAINT time_zone_known CHECK (needrecord.is_time_zone(VALUE));

CREATE FUNCTION needrecord.utc_offset(time_zone text, moment timestamptz) RETURNS integer
    LANGUAGE plpgsql STABLE PARALLEL RESTRICTED STRICT AS $$
BEGIN
    RETURN extract(epoch FROM (moment AT TIME ZONE time_zone) - (moment AT TIME ZONE 'UTC'));
EXCEPTION
    -- An update of the server may take a time zone away. That must not end every decision that looks at the rule.
    WHEN invalid_parameter_value THEN RETURN NULL;
END
$$;

COMMENT ON FUNCTION needrecord.utc_offset(text, timestamptz) IS
    'What the wall clocks of a time zone show ahead of UTC at a moment, in seconds; null for one that is not known (any more).';

CREATE FUNCTION needrecord.is_schedule(windows text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(bool_and(
        w IS NOT NULL
        AND w ~ ('^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?'
            '(,(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?)*'
            ' ([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')
        AND substring(w FROM ' (.....)-') <> right(w, 5)
    ), false)
    FROM unnest(windows) AS w
$$;

-- A name of a rule, a set or a quota: for people, file names and shells.
CREATE DOMAIN needrecord.label AS text
    CONSTRAINT label_spelling CHECK (VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$');

ALTER TABLE needrecord.rules
    ADD COLUMN bitrate_min integer,
    ADD COLUMN bitrate_max integer,
    -- In milliseconds, as decisions count: a window of less would be none to them.
    ADD COLUMN valid_from  timestamptz(3),
    ADD COLUMN valid_until timestamptz(3),
    ADD COLUMN percentage  numeric(5, 2),
    ADD COLUMN enabled     boolean NOT NULL DEFAULT true,
    ADD COLUMN shadow      boolean NOT NULL DEFAULT false,
    ADD COLUMN codec       text,
    ADD COLUMN schedule    text[],
    ADD COLUMN time_zone   needrecord.time_zone,
    ADD COLUMN quota       needrecord.label,
    ADD COLUMN rule_set    needrecord.label NOT NULL DEFAULT 'default',
    ADD COLUMN name        needrecord.label,
    ADD COLUMN lookup      text COLLATE "C" NOT NULL
        GENERATED ALWAYS AS (needrecord.rule_lookup(domain, app, stream)) STORED,

    ADD CONSTRAINT rules_bitrate_range CHECK (bitrate_min >= 0 AND bitrate_max >= 0 AND bitrate_min <= bitrate_max),
    -- Time stamps of four-digit years can be written in any format and read by any program.
    ADD CONSTRAINT rules_valid_from_range CHECK (valid_from BETWEEN '1970-01-01Z' AND '9999-12-31Z'),
    ADD CONSTRAINT rules_valid_until_range CHECK (valid_until BETWEEN '1970-01-01Z' AND '9999-12-31Z'),
    ADD CONSTRAINT rules_validity_order CHECK (valid_from < valid_until),
    ADD CONSTRAINT rules_percentage_range CHECK (percentage BETWEEN 0 AND 100),
    ADD CONSTRAINT rules_codec_known CHECK (codec IN ('h264', 'h265')),
    ADD CONSTRAINT rules_schedule_spelling CHECK (needrecord.is_schedule(schedule)),
    ADD CONSTRAINT rules_schedule_length CHECK (cardinality(schedule) <= 50),
    -- A plain list: PostgreSQL's arrays may have several dimensions, and begin anywhere.
    ADD CONSTRAINT rules_schedule_shape CHECK (array_ndims(schedule) = 1 AND array_lower(schedule, 1) = 1),
    ADD CONSTRAINT rules_schedule_has_time_zone CHECK ((schedule IS NULL) = (time_zone IS NULL)),
    ADD CONSTRAINT rules_skip_has_no_quota CHECK (effect = 'record' OR quota IS NULL);

COMMENT ON TABLE needrecord.rules IS
    'Which streams are recorded. Of the rules whose conditions all hold, the highest priority wins, then the narrowest, '
    'then skip before record, then the oldest.';
COMMENT ON COLUMN needrecord.rules.domain IS 'A pattern for the play domain: * any run, ? any one character, \ escapes.';
COMMENT ON COLUMN needrecord.rules.app IS 'A pattern for the application.';
COMMENT ON COLUMN needrecord.rules.stream IS 'A pattern for the stream name.';
COMMENT ON COLUMN needrecord.rules.codec IS 'h264 or h265; null for any.';
COMMENT ON COLUMN needrecord.rules.bitrate_min IS
    'The lowest video bit rate in kbit/s; with a limit set, a callback without a bit rate does not match.';
COMMENT ON COLUMN needrecord.rules.bitrate_max IS 'The highest video bit rate in kbit/s.';
COMMENT ON COLUMN needrecord.rules.valid_from IS 'The rule holds from this moment on; null for ever since.';
COMMENT ON COLUMN needrecord.rules.valid_until IS 'The rule holds until just before this moment; null for ever.';
COMMENT ON COLUMN needrecord.rules.schedule IS
    'Weekly windows on the wall clock of time_zone, such as {"mon-fri 09:00-17:00","sat,sun 22:00-02:00"}; a window '
    'that ends before it begins ends on the next day. Null for always.';
COMMENT ON COLUMN needrecord.rules.time_zone IS 'The IANA name of the schedule''s time zone, such as Asia/Shanghai.';
COMMENT ON COLUMN needrecord.rules.percentage IS
    'The share of streams that match, by a stable hash of domain, app and stream: raising it only adds streams.';
COMMENT ON COLUMN needrecord.rules.quota IS 'The quota that a recording by this rule is charged to.';
COMMENT ON COLUMN needrecord.rules.enabled IS 'A rule that is not enabled matches nothing.';
COMMENT ON COLUMN needrecord.rules.rule_set IS
    'Who the rule belongs to. A rule file replaces the rules of its own set only.';
COMMENT ON COLUMN needrecord.rules.name IS 'What a rule file and people call it; null for the many of a back end.';
COMMENT ON COLUMN needrecord.rules.shadow IS
    'Whether the rule only belongs to the shadow of its set: decided with for comparison, never answered.';
COMMENT ON COLUMN needrecord.rules.lookup IS 'What it is found by: the shape of its patterns, and their keys.';

-- Rules for one stream can be a million, and a decision looks once for its own. For the others it looks several times:
-- they have an index to themselves, which stays small.
DROP INDEX needrecord.rules_lookup;
CREATE INDEX rules_lookup_exact ON needrecord.rules (lookup) WHERE starts_with(lookup, E'= = =\t');
CREATE INDEX rules_lookup ON needrecord.rules (lookup) WHERE NOT starts_with(lookup, E'= = =\t');
CREATE UNIQUE INDEX rules_name_once ON needrecord.rules (rule_set, name, shadow) WHERE name IS NOT NULL;
CREATE INDEX rules_by_quota ON needrecord.rules (quota) WHERE quota IS NOT NULL;

-- Revisions -----------------------------------------------------------------------------------------------------------
--
-- A transaction that changes rules is one revision, however many statements it takes. Every rule is kept as it was from
-- the revision that made it until the one that changed it.

CREATE TABLE needrecord.rule_revisions (
    revision       bigint PRIMARY KEY,
    changed_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction_at timestamptz NOT NULL DEFAULT now(),
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    changed_by     text NOT NULL DEFAULT session_user,
    note           text NOT NULL DEFAULT '' CHECK (octet_length(note) <= 1000)
);

COMMENT ON TABLE needrecord.rule_revisions IS 'Who changed rules when: one row for each transaction that did.';
COMMENT ON COLUMN needrecord.rule_revisions.changed_by IS 'The login role.';
COMMENT ON COLUMN needrecord.rule_revisions.note IS
    'What the change was for; SET LOCAL needrecord.note = ''...'' before it, or `rules publish --note`.';
COMMENT ON COLUMN needrecord.rule_revisions.transaction_id IS
    'With transaction_at: the transaction, whose later statements belong to this revision too.';

CREATE INDEX rule_revisions_by_time ON needrecord.rule_revisions (changed_at);

CREATE TABLE needrecord.rule_versions (
    since_revision bigint NOT NULL,
    until_revision bigint,
    LIKE needrecord.rules INCLUDING COMMENTS,
    PRIMARY KEY (id, since_revision),
    CONSTRAINT rule_versions_order CHECK (since_revision < until_revision)
);

COMMENT ON TABLE needrecord.rule_versions IS
    'Every rule as it was from since_revision until just before until_revision; null there: it is so now.';

-- What was kept so far, with the patterns spelled as they are from now on.
INSERT INTO needrecord.rule_revisions (revision, changed_at, transaction_at, transaction_id, changed_by)
SELECT DISTINCT ON (revision) revision, changed_at, changed_at, '0', changed_by
FROM needrecord.rule_history
ORDER BY revision, changed_at;

INSERT INTO needrecord.rule_versions
SELECT h.revision, h.until_revision, r.*
FROM (
    SELECT revision, rule, lead(revision) OVER (PARTITION BY rule_id ORDER BY revision) AS until_revision
    FROM needrecord.rule_history
) AS h
CROSS JOIN LATERAL (
    SELECT
        CASE rule ->> 'domain' WHEN '*' THEN '*' ELSE needrecord.exact(rule ->> 'domain') END AS domain,
        CASE rule ->> 'app' WHEN '*' THEN '*' ELSE needrecord.exact(rule ->> 'app') END AS app,
        CASE rule ->> 'stream' WHEN '*' THEN '*' ELSE needrecord.exact(rule ->> 'stream') END AS stream
) AS p
CROSS JOIN LATERAL jsonb_populate_record(
    NULL::needrecord.rules,
    h.rule || jsonb_build_object(
        'domain', p.domain, 'app', p.app, 'stream', p.stream, 'enabled', true, 'shadow', false, 'rule_set', 'default',
        'lookup', needrecord.rule_lookup(p.domain, p.app, p.stream)
    )
) AS r
WHERE h.rule IS NOT NULL;

CREATE INDEX rule_versions_lookup ON needrecord.rule_versions (lookup);
CREATE INDEX rule_versions_by_since ON needrecord.rule_versions (since_revision);
CREATE INDEX rule_versions_by_until ON needrecord.rule_versions (until_revision);

DROP TABLE needrecord.rule_history;

-- How much of a name the shape of its pattern takes for the key: the first so many characters, the last so many when
-- negative, 255 for all of it. Null for some anywhere.
CREATE FUNCTION needrecord.shape_take(shape text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE left(shape, 1)
        WHEN '=' THEN 255
        WHEN '<' THEN substr(shape, 2)::integer
        WHEN '>' THEN -substr(shape, 2)::integer
        WHEN '~' THEN NULL
        ELSE 0
    END;

CREATE TABLE needrecord.rule_shapes (
    shape       text PRIMARY KEY,
    rules       bigint NOT NULL CHECK (rules >= 0),
    domain_take integer NOT NULL GENERATED ALWAYS AS (needrecord.shape_take(split_part(shape, ' ', 1))) STORED,
    app_take    integer NOT NULL GENERATED ALWAYS AS (needrecord.shape_take(split_part(shape, ' ', 2))) STORED,
    stream_take integer GENERATED ALWAYS AS (needrecord.shape_take(split_part(shape, ' ', 3))) STORED,
    -- How many characters anywhere in the stream's name, where stream_take is null.
    stream_part integer GENERATED ALWAYS AS (substring(shape FROM '~(.*)')::integer) STORED
);

COMMENT ON TABLE needrecord.rule_shapes IS
    'The shapes that rules have or ever had; a decision looks once for each that is in use.';
COMMENT ON COLUMN needrecord.rule_shapes.rules IS 'How many rules have it now.';

INSERT INTO needrecord.rule_shapes (shape, rules)
SELECT split_part(lookup, E'\t', 1), count(*) FILTER (WHERE until_revision IS NULL)
FROM needrecord.rule_versions GROUP BY 1;

CREATE FUNCTION needrecord.take(name text, length integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN length >= 0 THEN left(name, length) ELSE right(name, -length) END;

COMMENT ON FUNCTION needrecord.take(text, integer) IS 'The part of a name that a shape fixes.';

-- Whoever changes rules waits here for whoever changes them already, before any rule is locked: so writers never
-- deadlock, and revisions become visible in their order. Readers never wait.
CREATE FUNCTION needrecord.await_rule_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM needrecord.rule_revision FOR UPDATE;
    RETURN NULL;
END
$$;

-- SECURITY DEFINER: whoever may change rules may thereby add to the history, and no one may write it otherwise.
CREATE FUNCTION needrecord.next_rule_revision() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    current_revision bigint;
BEGIN
    SELECT r.revision INTO current_revision
    FROM needrecord.rule_revision JOIN needrecord.rule_revisions AS r USING (revision)
    -- Ids of transactions begin anew in a restored database, their times do not.
    WHERE r.transaction_id = pg_current_xact_id() AND r.transaction_at = now();
    IF NOT FOUND THEN
        UPDATE needrecord.rule_revision SET revision = revision + 1 RETURNING revision INTO current_revision;
        INSERT INTO needrecord.rule_revisions (revision, note)
        VALUES (current_revision, coalesce(current_setting('needrecord.note', true), ''));
    END IF;
    RETURN current_revision;
END
$$;

-- A revision is there from the commit on: until then decisions go by the one before. The revision's writer still holds
-- the lock, so times go up with revisions.
CREATE FUNCTION needrecord.stamp_rule_revision() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE needrecord.rule_revisions SET changed_at = clock_timestamp() WHERE revision = NEW.revision;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION needrecord.stamp_rule_revision() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER rule_revisions_stamped
    AFTER INSERT ON needrecord.rule_revisions DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION needrecord.stamp_rule_revision();

CREATE FUNCTION needrecord.keep_inserted_rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_revision bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM new_rules) THEN
        RETURN NULL;
    END IF;
    this_revision := needrecord.next_rule_revision();
    INSERT INTO needrecord.rule_versions SELECT this_revision, NULL, n.* FROM new_rules AS n;
    INSERT INTO needrecord.rule_shapes AS s (shape, rules)
    SELECT split_part(lookup, E'\t', 1), count(*) FROM new_rules GROUP BY 1
    ON CONFLICT (shape) DO UPDATE SET rules = s.rules + excluded.rules;
    RETURN NULL;
END
$$;

-- A session may delete one rule and then a hundred thousand: what is run by EXECUTE is planned for the rules at hand.
CREATE FUNCTION needrecord.keep_deleted_rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_revision bigint;
    deleted bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM old_rules) THEN
        RETURN NULL;
    END IF;
    this_revision := needrecord.next_rule_revision();
    -- What this transaction has made itself goes without a trace: nobody has ever seen it.
    EXECUTE 'SELECT array_agg(id) FROM old_rules' INTO deleted;
    EXECUTE 'DELETE FROM needrecord.rule_versions WHERE id = ANY ($1) AND since_revision = $2'
        USING deleted, this_revision;
    EXECUTE 'UPDATE needrecord.rule_versions SET until_revision = $2 WHERE id = ANY ($1) AND until_revision IS NULL'
        USING deleted, this_revision;
    UPDATE needrecord.rule_shapes AS s SET rules = s.rules - gone.rules
    FROM (SELECT split_part(lookup, E'\t', 1) AS shape, count(*) AS rules FROM old_rules GROUP BY 1) AS gone
    WHERE s.shape = gone.shape;
    RETURN NULL;
END
$$;

CREATE FUNCTION needrecord.keep_updated_rules() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    this_revision bigint;
    changed bigint[];
BEGIN
    -- What is set to what it was is no change.
    EXECUTE 'SELECT array_agg(n.id) FROM new_rules AS n JOIN old_rules AS o USING (id) WHERE n IS DISTINCT FROM o'
        INTO changed;
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    this_revision := needrecord.next_rule_revision();
    EXECUTE 'DELETE FROM needrecord.rule_versions WHERE id = ANY ($1) AND since_revision = $2'
        USING changed, this_revision;
    EXECUTE 'UPDATE needrecord.rule_versions SET until_revision = $2 WHERE id = ANY ($1) AND until_revision IS NULL'
        USING changed, this_revision;
    EXECUTE 'INSERT INTO needrecord.rule_versions SELECT $2, NULL, n.* FROM new_rules AS n WHERE n.id = ANY ($1)'
        USING changed, this_revision;
    EXECUTE $sql$
        INSERT INTO needrecord.rule_shapes AS s (shape, rules)
        SELECT split_part(lookup, E'\t', 1), count(*) FROM new_rules WHERE id = ANY ($1) GROUP BY 1
        ON CONFLICT (shape) DO UPDATE SET rules = s.rules + excluded.rules
    $sql$ USING changed;
    EXECUTE $sql$
        UPDATE needrecord.rule_shapes AS s SET rules = s.rules - gone.rules
        FROM (
            SELECT split_part(lookup, E'\t', 1) AS shape, count(*) AS rules
            FROM old_rules WHERE id = ANY ($1) GROUP BY 1
        ) AS gone
        WHERE s.shape = gone.shape
    $sql$ USING changed;
    RETURN NULL;
END
$$;

REVOKE ALL ON FUNCTION needrecord.await_rule_change(), needrecord.next_rule_revision(),
    needrecord.keep_inserted_rules(), needrecord.keep_deleted_rules(), needrecord.keep_updated_rules()
    FROM PUBLIC;

CREATE TRIGGER rules_change_awaited
    BEFORE INSERT OR UPDATE OR DELETE ON needrecord.rules
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.await_rule_change();

CREATE TRIGGER rules_inserted
    AFTER INSERT ON needrecord.rules REFERENCING NEW TABLE AS new_rules
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.keep_inserted_rules();

CREATE TRIGGER rules_deleted
    AFTER DELETE ON needrecord.rules REFERENCING OLD TABLE AS old_rules
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.keep_deleted_rules();

CREATE TRIGGER rules_updated
    AFTER UPDATE ON needrecord.rules REFERENCING OLD TABLE AS old_rules NEW TABLE AS new_rules
    FOR EACH STATEMENT EXECUTE FUNCTION needrecord.keep_updated_rules();

CREATE FUNCTION needrecord.rules_at(at_revision bigint) RETURNS SETOF needrecord.rule_versions
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT * FROM needrecord.rule_versions
    WHERE since_revision <= at_revision AND (until_revision > at_revision OR until_revision IS NULL)
$$;

COMMENT ON FUNCTION needrecord.rules_at(bigint) IS 'The rules as they stood at a revision.';

CREATE FUNCTION needrecord.revision_at(moment timestamptz) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(
        (
            SELECT revision FROM needrecord.rule_revisions WHERE changed_at <= moment
            ORDER BY changed_at DESC, revision DESC LIMIT 1
        ), 0
    )
$$;

COMMENT ON FUNCTION needrecord.revision_at(timestamptz) IS 'The rule revision that was the current one at this moment.';

-- Shadows -------------------------------------------------------------------------------------------------------------

CREATE TABLE needrecord.rule_shadows (
    rule_set     needrecord.label PRIMARY KEY,
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by text NOT NULL DEFAULT session_user,
    note         text NOT NULL DEFAULT '' CHECK (octet_length(note) <= 1000)
);

COMMENT ON TABLE needrecord.rule_shadows IS
    'The rule sets that have a shadow: every event is decided once more, off the answer path, with the shadow''s rules '
    'in the place of the set''s own. A shadow may be empty.';

CREATE TABLE needrecord.shadow_differences (
    event_id       uuid PRIMARY KEY,
    decided_at     timestamptz NOT NULL,
    revision       bigint NOT NULL,
    live_rule      bigint,
    shadow_rule    bigint,
    live_record    boolean NOT NULL,
    shadow_record  boolean NOT NULL,
    domain         text NOT NULL,
    app            text NOT NULL,
    stream         text NOT NULL,
    live_formats   text[] NOT NULL,
    shadow_formats text[] NOT NULL,
    -- Seconds by format.
    live_intervals jsonb NOT NULL,
    shadow_intervals jsonb NOT NULL
);

COMMENT ON TABLE needrecord.shadow_differences IS
    'The events that the shadow rules would have answered differently. Kept as far as the database can be reached: '
    'nothing waits for them.';
COMMENT ON COLUMN needrecord.shadow_differences.live_rule IS 'The rule that was answered by; null for none.';
COMMENT ON COLUMN needrecord.shadow_differences.shadow_rule IS 'The rule that would have been; null for none.';

CREATE INDEX shadow_differences_by_time ON needrecord.shadow_differences (decided_at);

-- Privileges ----------------------------------------------------------------------------------------------------------

GRANT SELECT ON needrecord.rule_shadows TO needrecord_worker, needrecord_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON needrecord.rule_shadows TO needrecord_operator;
GRANT INSERT ON needrecord.shadow_differences TO needrecord_worker;
GRANT SELECT, DELETE ON needrecord.shadow_differences TO needrecord_operator;
GRANT SELECT ON needrecord.shadow_differences TO needrecord_reader;

GRANT SELECT ON needrecord.rule_shapes TO needrecord_worker;
GRANT SELECT ON needrecord.rule_shapes, needrecord.rule_versions, needrecord.rule_revisions
    TO needrecord_operator, needrecord_reader;
