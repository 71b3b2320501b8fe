-- What a back end runs to have single streams recorded: plain SQL, each statement by itself, in force from the next
-- callback on. Its login needs the role needrecord_operator. The values stand for parameters of your driver.
--
-- The rules are in a set of their own, so that `needrecord rules publish` never touches them.

-- A customer's plan: how much may be recorded for all who have it, at the same time and in a calendar month.
INSERT INTO needrecord.quotas (name, scope, concurrent_limit, minutes_limit, time_zone)
VALUES ('basic', 'group', 5, 3000, 'Asia/Shanghai')
ON CONFLICT (name) DO UPDATE
    SET scope = excluded.scope,
        concurrent_limit = excluded.concurrent_limit,
        minutes_limit = excluded.minutes_limit,
        time_zone = excluded.time_zone;

-- A booking: this stream is recorded for these two hours, charged to the plan. The name is what finds it again; booking
-- the same once more, perhaps for other hours, is harmless. needrecord.exact() takes a name that users have chosen
-- literally, whatever characters are in it.
INSERT INTO needrecord.rules
    (rule_set, name, domain, app, stream, valid_from, valid_until, effect, formats, interval_mp4, quota, note)
VALUES (
    'bookings', 'booking-4711',
    needrecord.exact('live.example.com'), needrecord.exact('lessons'), needrecord.exact('room-7*'),
    '2027-03-01T09:55:00+08:00', '2027-03-01T12:00:00+08:00',
    'record', '{mp4}', 3600, 'basic', 'lesson 4711'
)
ON CONFLICT (rule_set, name, shadow) WHERE name IS NOT NULL DO UPDATE
    SET domain = excluded.domain,
        app = excluded.app,
        stream = excluded.stream,
        valid_from = excluded.valid_from,
        valid_until = excluded.valid_until,
        formats = excluded.formats,
        interval_mp4 = excluded.interval_mp4,
        quota = excluded.quota,
        note = excluded.note;

-- The lesson takes longer.
UPDATE needrecord.rules
SET valid_until = '2027-03-01T13:00:00+08:00'
WHERE rule_set = 'bookings' AND name = 'booking-4711' AND NOT shadow;

-- What is booked for a stream.
SELECT name, valid_from, valid_until, quota
FROM needrecord.rules
WHERE rule_set = 'bookings' AND stream = needrecord.exact('room-7*') AND NOT shadow
ORDER BY valid_from;

-- The booking is cancelled.
DELETE FROM needrecord.rules
WHERE rule_set = 'bookings' AND name = 'booking-4711' AND NOT shadow;

-- Every night: bookings whose time is over. Their history stays.
DELETE FROM needrecord.rules
WHERE rule_set = 'bookings' AND valid_until < now() - interval '1 day' AND NOT shadow;
