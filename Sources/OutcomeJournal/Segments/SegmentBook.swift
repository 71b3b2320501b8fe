internal import DequeModule

/// Which segments there are, what is in them, and how far they were read and confirmed.
///
/// A pure state machine: it knows nothing of files. A record is in the book, and may be read, once it is written and,
/// where the mode asks for it, synced; so what the book says is what a reader may rely on.
///
/// Only the newest segment takes records, and only when this run began it. All others, and a segment that a disk error
/// has left in doubt, are sealed.
struct SegmentBook: Equatable, Sendable {
    /// A segment that has at least one record.
    struct Segment: Equatable, Sendable {
        let first: UInt64
        var records: Int
        /// Up to where records can be read; also where the next one goes.
        var bytes: Int
        /// What comes after that: damage, which takes space all the same.
        var damagedBytes = 0
        /// Whether it has shown damage, so that its file must be kept aside.
        var isDamaged = false
        /// Before it, what cannot be read has been counted.
        var damageEnd: UInt64 = 0

        /// The number of the record after its last one.
        var end: UInt64 { first + UInt64(records) }
        var endPosition: JournalPosition { JournalPosition(sequence: end, segment: first, offset: bytes) }
    }

    /// What to do with the records that are to be written next.
    enum Plan: Equatable {
        /// Write this many in one go, which takes `bytes` with all headers, into the newest segment or a new one.
        case write(count: Int, bytes: Int, beginsSegment: Bool)
        /// There is no space for the first of them.
        case full
    }

    /// A segment that is of no use any more.
    struct Leftover: Equatable {
        let first: UInt64
        let isDamaged: Bool
    }

    /// How much all segments may take together.
    let maximumBytes: Int
    /// From which size on a new segment is begun.
    let segmentBytes: Int

    private(set) var segments: Deque<Segment> = []
    /// What all segments take together.
    private(set) var bytes = 0
    /// Before it everything is published.
    private(set) var confirmed: JournalPosition
    /// Where the reader goes on.
    private(set) var read: JournalPosition
    /// The number of the next record.
    private(set) var next: UInt64
    /// Whether the newest segment takes records.
    private(set) var isOpen = false
    private var timeline = Timeline()

    init(maximumBytes: Int, segmentBytes: Int, next: UInt64 = 0) {
        precondition(segmentBytes > 0 && maximumBytes >= segmentBytes, "the sizes of a journal make no sense")
        self.maximumBytes = maximumBytes
        self.segmentBytes = segmentBytes
        self.next = next
        confirmed = .start(of: next)
        read = confirmed
    }

    // MARK: - Writing

    /// Decides what to do with records whose payloads have these sizes.
    func plan(_ payloads: some Sequence<Int>) -> Plan {
        var plan: Plan = .full
        var count = 0
        let beginsSegment: Bool
        var added = 0
        var room = maximumBytes - bytes
        var left = Int.max
        var sizes = payloads.lazy.map(RecordFormat.size(ofPayload:)).makeIterator()
        guard var size = sizes.next() else { return plan }
        if isOpen, let newest = segments.last, newest.bytes + size <= segmentBytes {
            beginsSegment = false
            left = segmentBytes - newest.bytes
        } else {
            // The first record goes into a new segment whatever its size.
            beginsSegment = true
            left = max(segmentBytes, SegmentHeader.byteCount + size) - SegmentHeader.byteCount
            added = SegmentHeader.byteCount
            room -= SegmentHeader.byteCount
        }
        while size <= room, size <= left {
            count += 1
            added += size
            room -= size
            left -= size
            plan = .write(count: count, bytes: added, beginsSegment: beginsSegment)
            guard let following = sizes.next() else { break }
            size = following
        }
        return plan
    }

    /// Records were written as planned.
    ///
    /// - Returns: The place before the first of them.
    mutating func wrote(count: Int, bytes added: Int, beginsSegment: Bool, time: Int64) -> JournalPosition {
        if beginsSegment {
            segments.append(Segment(first: next, records: 0, bytes: 0))
            isOpen = true
        }
        let last = segments.count - 1
        let offset = max(segments[last].bytes, SegmentHeader.byteCount)
        let start = JournalPosition(sequence: next, segment: segments[last].first, offset: offset)
        segments[last].records += count
        segments[last].bytes += added
        bytes += added
        timeline.note(next, time: time)
        next += UInt64(count)
        return start
    }

    /// The newest segment takes no further records.
    mutating func seal() {
        isOpen = false
    }

    /// Seals the newest segment, if it is not, and gives it up, if everything in it is confirmed, to make space.
    mutating func sealIfConfirmed() -> [Leftover] {
        guard let newest = segments.last, newest.end <= confirmed.sequence else { return [] }
        isOpen = false
        return removeConfirmed()
    }

    // MARK: - Reading

    /// The next place with something to read; nil when everything was read.
    mutating func unread() -> (position: JournalPosition, end: JournalPosition)? {
        guard let segment = segments.first(where: { $0.end > read.sequence }) else { return nil }
        if segment.first != read.segment, segment.first >= read.sequence { read = .start(of: segment.first) }
        return (read, segment.endPosition)
    }

    /// The reader has come from one place to another; nothing happens if it was rewound meanwhile.
    mutating func advanceRead(from position: JournalPosition, to end: JournalPosition) {
        if read == position { read = end }
    }

    /// The reader begins again where it was last confirmed.
    mutating func rewind() {
        read = confirmed
    }

    /// Nothing can be read from here to the end of what the segment has now.
    ///
    /// - Returns: How many records are lost, once for each.
    mutating func passDamage(from position: JournalPosition, to end: JournalPosition) -> UInt64 {
        guard let index = segments.firstIndex(where: { $0.first == end.segment }) else { return 0 }
        segments[index].isDamaged = true
        advanceRead(from: position, to: end)
        let known = max(position.sequence, segments[index].damageEnd)
        guard known < end.sequence else { return 0 }
        segments[index].damageEnd = end.sequence
        return end.sequence - known
    }

    /// Everything before this place is published.
    ///
    /// - Returns: The segments that are of no use any more.
    mutating func confirm(upTo position: JournalPosition) -> [Leftover] {
        guard position > confirmed, position.sequence <= next else { return [] }
        confirmed = position
        if read < position { read = position }
        timeline.forget(before: position.sequence, next: next)
        return removeConfirmed()
    }

    private mutating func removeConfirmed() -> [Leftover] {
        var leftovers: [Leftover] = []
        while let oldest = segments.first, oldest.end <= confirmed.sequence, segments.count > 1 || !isOpen {
            segments.removeFirst()
            bytes -= oldest.bytes + oldest.damagedBytes
            leftovers.append(Leftover(first: oldest.first, isDamaged: oldest.isDamaged))
        }
        return leftovers
    }

    // MARK: - Telling

    /// How many records are not confirmed.
    var unconfirmedRecords: Int {
        segments.reduce(0) { $0 + Int($1.end - min($1.end, max($1.first, confirmed.sequence))) }
    }

    /// When the oldest of them was written, or up to 100 ms before.
    var oldestUnconfirmed: Int64? {
        unconfirmedRecords == 0 ? nil : timeline.oldest
    }
}

extension SegmentBook {
    /// Takes in a segment that was found on the disk; segments come in the order of their records.
    mutating func found(_ segment: Segment, timeline times: Timeline) {
        if segments.isEmpty {
            confirmed = .start(of: segment.first)
            read = confirmed
        }
        segments.append(segment)
        bytes += segment.bytes + segment.damagedBytes
        timeline.append(times)
        next = segment.end
    }

    /// Numbers go on from here, if they have not come as far.
    mutating func skip(to sequence: UInt64) {
        next = max(next, sequence)
        if segments.isEmpty {
            confirmed = .start(of: next)
            read = confirmed
        }
    }
}
