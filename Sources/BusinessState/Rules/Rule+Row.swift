internal import DecisionCore
internal import Postgres

extension Rule {
    /// The columns that ``init(row:from:)`` reads, in its order, of a table that is called `r`.
    static let columns = """
        r.id, r.rule_set, r.name, r.enabled, r.priority, r.domain, r.app, r.stream, \
        r.codec, r.bitrate_min, r.bitrate_max, r.valid_from, r.valid_until, r.schedule, r.time_zone, \
        (r.percentage * 100)::integer, r.quota, \
        r.effect, r.formats, r.interval_mp4, r.interval_flv, r.interval_m3u8
        """

    /// Reads a rule from the columns of a row that begin at `first`.
    ///
    /// - Throws: ``PostgresError`` when a value does not fit, which the table's constraints prevent.
    init(row: PostgresRow, from first: Int) throws(PostgresError) {
        self.init(
            id: ID(rawValue: try row.decode(Int64.self, at: first)),
            set: try row.decode(String.self, at: first + 1),
            name: try row.decode(String?.self, at: first + 2),
            isEnabled: try row.decode(Bool.self, at: first + 3),
            priority: try row.decode(Int.self, at: first + 4),
            domain: try Self.pattern(row, first + 5, "domain"),
            app: try Self.pattern(row, first + 6, "app"),
            stream: try Self.pattern(row, first + 7, "stream"),
            codec: try Self.codec(row, first + 8),
            bitrate: try Self.bitrate(row, first + 9),
            validity: try Self.validity(row, first + 11),
            schedule: try Self.schedule(row, first + 13),
            share: try Self.share(row, first + 15),
            effect: try Self.effect(row, first + 17),
            quota: try row.decode(String?.self, at: first + 16)
        )
    }

    private static func misfit(_ column: String, _ message: String) -> PostgresError {
        PostgresError(.decodingFailed, message: message, column: column)
    }

    private static func pattern(_ row: PostgresRow, _ index: Int, _ column: String) throws(PostgresError) -> NamePattern
    {
        guard let pattern = NamePattern(try row.decode(String.self, at: index)) else {
            throw misfit(column, "a pattern has a backslash that escapes nothing")
        }
        return pattern
    }

    private static func codec(_ row: PostgresRow, _ index: Int) throws(PostgresError) -> VideoCodec? {
        guard let name = try row.decode(String?.self, at: index) else { return nil }
        guard let codec = VideoCodec(rawValue: name) else { throw misfit("codec", "a codec is unknown") }
        return codec
    }

    private static func bitrate(_ row: PostgresRow, _ first: Int) throws(PostgresError) -> BitrateRange? {
        let minimum = try row.decode(Int?.self, at: first)
        let maximum = try row.decode(Int?.self, at: first + 1)
        if minimum == nil, maximum == nil { return nil }
        guard let range = BitrateRange(minimum: minimum, maximum: maximum) else {
            throw misfit("bitrate_min", "a range of bit rates is none")
        }
        return range
    }

    private static func validity(_ row: PostgresRow, _ first: Int) throws(PostgresError) -> Validity {
        let from = try row.decode(PostgresTimestamp?.self, at: first)
        let until = try row.decode(PostgresTimestamp?.self, at: first + 1)
        guard let validity = Validity(from: from.map(Timestamp.init), until: until.map(Timestamp.init)) else {
            throw misfit("valid_from", "a rule ends before it begins")
        }
        return validity
    }

    private static func schedule(_ row: PostgresRow, _ first: Int) throws(PostgresError) -> WeeklySchedule? {
        guard let texts = try row.decode([String]?.self, at: first) else { return nil }
        let windows = texts.compactMap(WeeklySchedule.Window.init)
        guard windows.count == texts.count,
            let schedule = WeeklySchedule(timeZone: try row.decode(String.self, at: first + 1), windows: windows)
        else { throw misfit("schedule", "a schedule cannot be read") }
        return schedule
    }

    private static func share(_ row: PostgresRow, _ index: Int) throws(PostgresError) -> StreamShare? {
        guard let basisPoints = try row.decode(Int?.self, at: index) else { return nil }
        guard let share = StreamShare(basisPoints: basisPoints) else {
            throw misfit("percentage", "a percentage is out of range")
        }
        return share
    }

    private static func effect(_ row: PostgresRow, _ first: Int) throws(PostgresError) -> Effect {
        switch try row.decode(String.self, at: first) {
        case "skip": return .skip
        case "record": return .record(try plan(row, first + 1))
        default: throw misfit("effect", "an effect is neither record nor skip")
        }
    }

    private static func plan(_ row: PostgresRow, _ first: Int) throws(PostgresError) -> RecordingPlan {
        var formats: [RecordFormat] = []
        for name in try row.decode([String].self, at: first) {
            guard let format = RecordFormat(rawValue: name) else { throw misfit("formats", "a format is unknown") }
            formats.append(format)
        }
        var intervals: [RecordFormat: Int] = [:]
        for (offset, format) in [RecordFormat.mp4, .flv, .m3u8].enumerated() {
            intervals[format] = try row.decode(Int?.self, at: first + 1 + offset)
        }
        if formats.isEmpty, intervals.isEmpty { return .template }
        do {
            return try RecordingPlan(formats: formats, intervals: intervals)
        } catch {
            throw misfit("formats", error.description)
        }
    }
}
