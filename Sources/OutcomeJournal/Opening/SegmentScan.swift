/// What is in a segment's file, from its beginning to its end or to the first damage. Reads a window at a time, so that
/// a journal of any size is scanned in little memory.
struct SegmentScan {
    /// How the records end.
    enum Ending: Equatable {
        /// With the file.
        case whole
        /// In the middle of one: the file ends too early.
        case torn
        /// Where something is that was never written so.
        case damaged
        /// Where the next segment begins: what follows was refused, but could not be cut.
        case surplus
        /// The file is of a later version.
        case foreign(version: UInt32)
    }

    private(set) var ending = Ending.whole
    private(set) var records = 0
    /// Up to where records can be read; 0 when not even the header can.
    private(set) var bytes = 0
    private(set) var timeline = Timeline()
    /// The place before the record with the number that was looked for, if it is here.
    private(set) var cursor: JournalPosition?

    private let first: UInt64
    private let limit: UInt64?
    private let sought: UInt64?

    /// Scans a file.
    ///
    /// - Parameters:
    ///   - file: A segment's file.
    ///   - first: The number of the first record, from the name.
    ///   - limit: Where the next segment begins.
    ///   - sought: The number of a record whose place is wanted.
    init(
        _ file: OpenFile,
        first: UInt64,
        limit: UInt64?,
        sought: UInt64?,
        disk: any JournalDisk
    ) throws(JournalError) {
        self.first = first
        self.limit = limit
        self.sought = sought
        var window = ReadingWindow(file: file, disk: disk)
        try window.fill(atLeast: SegmentHeader.byteCount)
        guard begin(with: window.withBytes(SegmentHeader.find(in:))) else { return }
        window.drop(SegmentHeader.byteCount)
        while let needed = window.withBytes({ takeRecords(from: $0) }) {
            window.drop(taken)
            taken = 0
            if try window.fill(atLeast: needed) { continue }
            if !window.isEmpty { ending = .torn }
            return
        }
    }

    private mutating func begin(with finding: SegmentHeader.Finding) -> Bool {
        switch finding {
        case .header(let header) where header.first == first:
            bytes = SegmentHeader.byteCount
            return true
        case .header, .damaged: ending = .damaged
        case .incomplete: ending = .torn
        case .foreign(let version): ending = .foreign(version: version)
        }
        return false
    }

    /// How many bytes of the window the records have taken.
    private var taken = 0

    /// Takes every whole record of the window.
    ///
    /// - Returns: How many bytes are needed from the next record on; nil when there is none.
    private mutating func takeRecords(from window: UnsafeRawBufferPointer) -> Int? {
        while true {
            let finding = RecordFormat.find(in: window, at: taken)
            if case .incomplete(let needed) = finding { return needed }
            let sequence = first + UInt64(records)
            guard case .record(let payload, let time) = finding else {
                ending = .damaged
                return nil
            }
            if let limit, sequence >= limit {
                ending = .surplus
                return nil
            }
            if sequence == sought { cursor = JournalPosition(sequence: sequence, segment: first, offset: bytes) }
            timeline.note(sequence, time: time)
            records += 1
            bytes += payload.upperBound - taken
            taken = payload.upperBound
        }
    }
}
