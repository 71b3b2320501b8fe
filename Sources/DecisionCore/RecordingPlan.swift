/// How a stream is to be recorded: what a rule asks for beyond a plain yes.
///
/// The platform merges it with its own template: `formats` is intersected with the template's formats, an interval
/// replaces the template's for its format, and what is absent keeps the template's value.
public struct RecordingPlan: Sendable, Hashable {
    /// The interval the platform accepts for one file, in seconds.
    public static let intervalRange = 5...21_600

    /// The formats to narrow the template to, each once, in the order MP4, FLV, M3U8; empty keeps the template's.
    public let formats: [RecordFormat]
    /// The length of one file in seconds, for the formats that have their own.
    public let intervals: [RecordFormat: Int]

    /// A plain yes: the template's formats and intervals.
    public static let template = RecordingPlan()

    private init() {
        formats = []
        intervals = [:]
    }

    /// A plan, with the formats put into their order.
    ///
    /// - Throws: ``RecordingPlanError`` when an interval is out of range, belongs to a format that is not recorded, or a
    ///   format is named twice.
    public init(formats: [RecordFormat], intervals: [RecordFormat: Int] = [:]) throws(RecordingPlanError) {
        let ordered = RecordFormat.allCases.filter(formats.contains)
        guard ordered.count == formats.count else {
            throw RecordingPlanError(problem: .duplicateFormat)
        }
        for format in RecordFormat.allCases {
            guard let interval = intervals[format] else { continue }
            guard Self.intervalRange.contains(interval) else {
                throw RecordingPlanError(problem: .intervalOutOfRange(format, seconds: interval))
            }
            guard ordered.isEmpty || ordered.contains(format) else {
                throw RecordingPlanError(problem: .intervalWithoutFormat(format))
            }
        }
        self.formats = ordered
        self.intervals = intervals
    }
}

/// Why a recording plan is not valid.
public struct RecordingPlanError: Error, Equatable, CustomStringConvertible {
    enum Problem: Equatable {
        case duplicateFormat
        case intervalOutOfRange(RecordFormat, seconds: Int)
        case intervalWithoutFormat(RecordFormat)
    }

    let problem: Problem

    /// The fault in words.
    public var description: String {
        switch problem {
        case .duplicateFormat:
            "a format is named twice"
        case .intervalOutOfRange(let format, let seconds):
            "the interval of \(format.rawValue) is \(seconds) s; the platform accepts "
                + "\(RecordingPlan.intervalRange.lowerBound) to \(RecordingPlan.intervalRange.upperBound) s"
        case .intervalWithoutFormat(let format):
            "there is an interval for \(format.rawValue), which is not among the formats to record"
        }
    }
}
