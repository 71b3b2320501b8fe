-- What the platform's own recording templates record, as far as an operator has stated it.
--
-- The platform intersects the formats of an answer with its template's, so a rule that asks for none of those records
-- nothing. `needrecord rules check` says so; no decision depends on it.

CREATE TABLE needrecord.rule_templates (
    rule_set needrecord.label NOT NULL DEFAULT 'default',
    domain   needrecord.name_pattern NOT NULL DEFAULT '*',
    app      needrecord.name_pattern NOT NULL DEFAULT '*',
    formats  text[] NOT NULL,
    PRIMARY KEY (rule_set, domain, app),

    -- As with rules: each format at most once, in the order mp4, flv, m3u8.
    CONSTRAINT rule_templates_formats_known CHECK (formats IN (
        '{mp4}', '{flv}', '{m3u8}', '{mp4,flv}', '{mp4,m3u8}', '{flv,m3u8}', '{mp4,flv,m3u8}'
    ))
);

COMMENT ON TABLE needrecord.rule_templates IS
    'What the platform''s recording templates record, as stated in the file of a rule set; for checking rules only.';
COMMENT ON COLUMN needrecord.rule_templates.rule_set IS 'The set whose file states it.';
COMMENT ON COLUMN needrecord.rule_templates.domain IS 'A pattern for the play domain of the template.';
COMMENT ON COLUMN needrecord.rule_templates.app IS 'A pattern for the application of the template.';
COMMENT ON COLUMN needrecord.rule_templates.formats IS 'The formats that the template records.';

GRANT SELECT, INSERT, UPDATE, DELETE ON needrecord.rule_templates TO needrecord_operator;
GRANT SELECT ON needrecord.rule_templates TO needrecord_reader;
