public import DecisionCore
internal import Wire

/// The body of an answer to the platform.
///
/// `{"ApiVersion":"1.0","NeedRecord":true,"Interval":{"Mp4":300},"Format":["mp4"]}`: `NeedRecord` is required;
/// `Interval` (seconds, 5 to 21600) and `Format` are there only where the plan says something, because what is absent
/// keeps the platform's own setting. The platform reads at most 2,048 bytes.
public enum Answer {
    /// The longest body that the platform reads whole, in bytes.
    public static let maximumLength = 2_048

    /// The body that says `verdict`.
    public static func body(for verdict: Decision.Verdict) -> [UInt8] {
        var writer = JSONWriter(capacity: 128)
        writer.object { writer in
            writer.member("ApiVersion", "1.0")
            switch verdict {
            case .skip:
                writer.member("NeedRecord", false)
            case .record(let plan):
                writer.member("NeedRecord", true)
                write(plan, to: &writer)
            }
        }
        return writer.bytes
    }

    private static func write(_ plan: RecordingPlan, to writer: inout JSONWriter) {
        if !plan.intervals.isEmpty {
            writer.member(
                "Interval",
                object: { interval in
                    for format in RecordFormat.allCases {
                        if let seconds = plan.intervals[format] { interval.member(format.intervalKey, seconds) }
                    }
                }
            )
        }
        if !plan.formats.isEmpty {
            writer.member("Format", array: { for format in plan.formats { $0.element(format.rawValue) } })
        }
    }
}
