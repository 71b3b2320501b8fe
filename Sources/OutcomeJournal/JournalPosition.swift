/// A place between two records of a journal.
///
/// Positions come from ``Journal/append(_:)`` and ``Journal/read(maximumRecords:maximumBytes:)``, and are good for as
/// long as that journal is open.
public struct JournalPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number of the record after this place. Records are numbered from 0 on, over all runs.
    public let sequence: UInt64
    /// The number of the first record of the segment in which this place is.
    let segment: UInt64
    /// The bytes of that segment before this place.
    let offset: Int

    /// The earlier one has fewer records before it.
    public static func < (left: JournalPosition, right: JournalPosition) -> Bool {
        left.sequence < right.sequence
    }

    /// The number of the record after this place.
    public var description: String { String(sequence) }
}

extension JournalPosition {
    /// The place before the first record of a segment.
    static func start(of segment: UInt64) -> JournalPosition {
        JournalPosition(sequence: segment, segment: segment, offset: SegmentHeader.byteCount)
    }

    /// The place after a record which begins here.
    func after(payloadBytes: Int) -> JournalPosition {
        JournalPosition(
            sequence: sequence + 1,
            segment: segment,
            offset: offset + RecordFormat.size(ofPayload: payloadBytes)
        )
    }
}
