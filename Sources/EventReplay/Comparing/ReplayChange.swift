internal import DecisionCore

/// In what an answer is another than before.
public enum ReplayChange: String, Sendable, Hashable, CaseIterable {
    /// It was not to be recorded, and is now.
    case recorded = "now_recorded"
    /// It was to be recorded, and is not any more.
    case notRecorded = "no_longer_recorded"
    /// It is recorded in other formats.
    case formats
    /// It is recorded in files of another length.
    case intervals

    /// What has changed between two answers; nothing when they are the same.
    static func changes(from before: Decision.Verdict, to after: Decision.Verdict) -> [ReplayChange] {
        switch (before, after) {
        case (.skip, .skip): []
        case (.skip, .record): [.recorded]
        case (.record, .skip): [.notRecorded]
        case (.record(let old), .record(let new)):
            (old.formats == new.formats ? [] : [.formats]) + (old.intervals == new.intervals ? [] : [.intervals])
        }
    }
}
