internal import DecisionCore
internal import Postgres

extension Rule {
    /// The columns that ``init(row:from:)`` reads, in its order, of a table that is called `r`.
    static let columns = """
        r.id, r.priority, r.domain, r.app, r.stream, r.effect, r.formats, r.interval_mp4, r.interval_flv, r.interval_m3u8
        """

    /// Reads a rule from the columns of a row that begin at `first`.
    ///
    /// - Throws: ``PostgresError`` when a value does not fit, which the table's constraints prevent.
    init(row: PostgresRow, from first: Int) throws(PostgresError) {
        self.init(
            id: ID(rawValue: try row.decode(Int64.self, at: first)),
            priority: try row.decode(Int.self, at: first + 1),
            domain: NamePattern(try row.decode(String.self, at: first + 2)),
            app: NamePattern(try row.decode(String.self, at: first + 3)),
            stream: NamePattern(try row.decode(String.self, at: first + 4)),
            effect: try Self.effect(row: row, from: first + 5)
        )
    }

    private static func effect(row: PostgresRow, from first: Int) throws(PostgresError) -> Effect {
        switch try row.decode(String.self, at: first) {
        case "skip": return .skip
        case "record": return .record(try plan(row: row, from: first + 1))
        default: throw PostgresError(.decodingFailed, message: "an effect is neither record nor skip", column: "effect")
        }
    }

    private static func plan(row: PostgresRow, from first: Int) throws(PostgresError) -> RecordingPlan {
        let formats = try row.decode([String].self, at: first).map { RecordFormat(rawValue: $0) }
        var intervals: [RecordFormat: Int] = [:]
        for (offset, format) in [RecordFormat.mp4, .flv, .m3u8].enumerated() {
            intervals[format] = try row.decode(Int?.self, at: first + 1 + offset)
        }
        do {
            guard !formats.contains(nil) else {
                throw PostgresError(.decodingFailed, message: "a format is unknown", column: "formats")
            }
            return try RecordingPlan(formats: formats.compactMap { $0 }, intervals: intervals)
        } catch let error as RecordingPlanError {
            throw PostgresError(.decodingFailed, message: error.description, column: "formats")
        } catch {
            throw PostgresError(.decodingFailed, message: "a format is unknown", column: "formats")
        }
    }
}
