import Testing

@testable import OutcomeJournal

/// Scripts of a state machine. Records have 84 bytes, which are 100 with their header; a segment's header has 32.
@Suite struct SegmentBookTests {
    private static let payload = 84

    /// A book whose segments have room for three records each, and all of them together for this many segments.
    private static func book(segments: Int = 3) -> SegmentBook {
        SegmentBook(maximumBytes: segments * 332, segmentBytes: 332)
    }

    private static func plan(_ count: Int, in book: SegmentBook) -> SegmentBook.Plan {
        book.plan([Int](repeating: payload, count: count))
    }

    /// Plans and writes as many records as fit, and says which place was before each write.
    @discardableResult
    private static func write(_ count: Int, at time: Int64 = 0, to book: inout SegmentBook) -> [JournalPosition] {
        var places: [JournalPosition] = []
        var rest = count
        while rest > 0, case .write(let count, let bytes, let begins) = plan(rest, in: book) {
            places.append(book.wrote(count: count, bytes: bytes, beginsSegment: begins, time: time))
            rest -= count
        }
        return places
    }

    private static func place(_ sequence: UInt64, segment: UInt64) -> JournalPosition {
        JournalPosition(sequence: sequence, segment: segment, offset: 32 + 100 * Int(sequence - segment))
    }

    @Test func `The first record begins a segment, and the next ones go into it until it is full`() {
        var book = Self.book()
        #expect(Self.plan(1, in: book) == .write(count: 1, bytes: 132, beginsSegment: true))
        #expect(Self.write(1, to: &book) == [Self.place(0, segment: 0)])
        #expect(Self.plan(5, in: book) == .write(count: 2, bytes: 200, beginsSegment: false))
        #expect(Self.write(5, to: &book) == [Self.place(1, segment: 0), Self.place(3, segment: 3)])
        #expect(book.segments.map(\.first) == [0, 3])
        #expect(book.bytes == 2 * 332)
        #expect(book.next == 6)
    }

    @Test func `A record that is longer than a segment gets one of its own`() {
        var book = Self.book()
        Self.write(1, to: &book)
        #expect(book.plan([600, 600]) == .write(count: 1, bytes: 32 + 616, beginsSegment: true))
        #expect(book.plan([900]) == .full)
    }

    @Test func `Nothing to write is no plan`() {
        #expect(Self.plan(0, in: Self.book()) == .full)
    }

    @Test func `A full journal takes records again when a segment is confirmed as a whole`() {
        var book = Self.book()
        Self.write(100, to: &book)
        #expect(book.next == 9)
        #expect(Self.plan(1, in: book) == .full)
        #expect(book.sealIfConfirmed() == [])
        #expect(book.confirm(upTo: Self.place(2, segment: 0)) == [])
        #expect(Self.plan(1, in: book) == .full)
        #expect(book.confirm(upTo: Self.place(4, segment: 3)).map(\.first) == [0])
        #expect(book.bytes == 2 * 332)
        #expect(Self.write(100, to: &book) == [Self.place(9, segment: 9)])
        #expect(book.next == 12)
    }

    @Test func `The newest segment is given up when it is confirmed and in the way`() {
        var book = Self.book(segments: 1)
        Self.write(3, to: &book)
        #expect(book.confirm(upTo: Self.place(3, segment: 0)) == [])
        #expect(Self.plan(1, in: book) == .full)
        #expect(book.sealIfConfirmed().map(\.first) == [0])
        #expect(book.bytes == 0)
        #expect(Self.write(1, to: &book) == [Self.place(3, segment: 3)])
        #expect(book.unread()?.position == Self.place(3, segment: 3))
    }

    @Test func `A sealed segment takes no records and is deleted like any other`() {
        var book = Self.book()
        Self.write(1, to: &book)
        book.seal()
        #expect(Self.plan(1, in: book) == .write(count: 1, bytes: 132, beginsSegment: true))
        #expect(book.confirm(upTo: Self.place(1, segment: 0)).map(\.first) == [0])
        #expect(Self.write(1, to: &book) == [Self.place(1, segment: 1)])
    }

    @Test func `Reading goes from segment to segment, and back to what is confirmed`() {
        var book = Self.book()
        #expect(book.unread() == nil)
        Self.write(4, to: &book)
        for _ in 1...2 {
            #expect(book.unread()! == (Self.place(0, segment: 0), Self.place(3, segment: 0)))
            book.advanceRead(from: Self.place(0, segment: 0), to: Self.place(3, segment: 0))
            #expect(book.unread()! == (Self.place(3, segment: 3), Self.place(4, segment: 3)))
            book.advanceRead(from: Self.place(3, segment: 3), to: Self.place(4, segment: 3))
            #expect(book.unread() == nil)
            book.rewind()
        }
        _ = book.confirm(upTo: Self.place(3, segment: 0))
        book.rewind()
        #expect(book.unread()! == (Self.place(3, segment: 3), Self.place(4, segment: 3)))
        Self.write(1, to: &book)
        #expect(book.unread()! == (Self.place(3, segment: 3), Self.place(5, segment: 3)))
    }

    @Test func `Reading that was rewound meanwhile does not move on`() {
        var book = Self.book()
        Self.write(3, to: &book)
        book.advanceRead(from: Self.place(0, segment: 0), to: Self.place(1, segment: 0))
        book.rewind()
        book.advanceRead(from: Self.place(1, segment: 0), to: Self.place(2, segment: 0))
        #expect(book.unread()?.position == Self.place(0, segment: 0))
    }

    @Test func `What is confirmed is not read, and is not confirmed again`() {
        var book = Self.book()
        Self.write(5, to: &book)
        #expect(book.confirm(upTo: Self.place(4, segment: 3)).map(\.first) == [0])
        #expect(book.unread()?.position == Self.place(4, segment: 3))
        #expect(book.confirm(upTo: Self.place(2, segment: 0)) == [])
        #expect(book.confirmed == Self.place(4, segment: 3))
        #expect(book.unconfirmedRecords == 1)
        // A place that is not of this journal.
        #expect(book.confirm(upTo: Self.place(77, segment: 77)) == [])
        #expect(book.unconfirmedRecords == 1)
    }

    @Test func `Damage is passed over, counted once, and its file is kept`() {
        var book = Self.book()
        Self.write(4, to: &book)
        let (start, end) = (Self.place(1, segment: 0), Self.place(3, segment: 0))
        book.advanceRead(from: Self.place(0, segment: 0), to: start)
        #expect(book.passDamage(from: start, to: end) == 2)
        #expect(book.unread()?.position == Self.place(3, segment: 3))
        book.rewind()
        book.advanceRead(from: Self.place(0, segment: 0), to: start)
        #expect(book.passDamage(from: start, to: end) == 0)
        #expect(
            book.confirm(upTo: Self.place(4, segment: 3)) == [SegmentBook.Leftover(first: 0, isDamaged: true)]
        )
    }

    @Test func `The oldest record that is not confirmed is as old as it says, or up to 100 ms younger`() {
        var book = Self.book(segments: 10)
        #expect(book.oldestUnconfirmed == nil)
        Self.write(1, at: 1_000, to: &book)
        Self.write(1, at: 1_099, to: &book)
        Self.write(1, at: 1_100, to: &book)
        Self.write(2, at: 5_000, to: &book)
        #expect(book.oldestUnconfirmed == 1_000)
        _ = book.confirm(upTo: Self.place(1, segment: 0))
        #expect(book.oldestUnconfirmed == 1_000)
        _ = book.confirm(upTo: Self.place(2, segment: 0))
        #expect(book.oldestUnconfirmed == 1_100)
        _ = book.confirm(upTo: Self.place(4, segment: 3))
        #expect(book.oldestUnconfirmed == 5_000)
        _ = book.confirm(upTo: Self.place(5, segment: 3))
        #expect(book.oldestUnconfirmed == nil)
        // A clock that was set back.
        Self.write(1, at: 4_000, to: &book)
        Self.write(1, at: 3_000, to: &book)
        #expect(book.oldestUnconfirmed == 4_000)
        _ = book.confirm(upTo: Self.place(6, segment: 6))
        #expect(book.oldestUnconfirmed == 3_000)
    }

    @Test func `Found segments are read from the oldest on, and take no records`() {
        var book = Self.book(segments: 4)
        book.found(.init(first: 5, records: 2, bytes: 232), timeline: Timeline())
        book.found(.init(first: 10, records: 1, bytes: 132, damagedBytes: 68, isDamaged: true), timeline: Timeline())
        #expect(book.unread()! == (Self.place(5, segment: 5), Self.place(7, segment: 5)))
        #expect(book.unconfirmedRecords == 3)
        #expect(book.bytes == 432)
        book.advanceRead(from: Self.place(5, segment: 5), to: Self.place(7, segment: 5))
        #expect(book.unread()?.position == Self.place(10, segment: 10))
        #expect(Self.write(1, to: &book) == [Self.place(11, segment: 11)])
        #expect(
            book.confirm(upTo: Self.place(11, segment: 10)) == [
                SegmentBook.Leftover(first: 5, isDamaged: false), SegmentBook.Leftover(first: 10, isDamaged: true),
            ]
        )
        #expect(book.bytes == 132)
    }

    @Test func `Numbers that were confirmed are not given out again`() {
        var book = Self.book()
        book.skip(to: 12)
        #expect(Self.write(1, to: &book) == [Self.place(12, segment: 12)])
        #expect(book.unread()?.position == Self.place(12, segment: 12))
    }
}
