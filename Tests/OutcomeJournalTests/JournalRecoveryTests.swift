import Testing

@testable import OutcomeJournal

@Suite struct JournalRecoveryTests {
    private static let segmentBytes = 32 + 3 * 24

    /// A directory that was left by a killed process: records 0 to `count` - 1, three in each segment.
    private static func left(_ count: Int) async throws -> ScratchDirectory {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = segmentBytes })
        for number in 0..<count { try await journal.keep(record(number)) }
        return try directory.copy()
    }

    private static func open(_ directory: ScratchDirectory) async throws -> Journal {
        try await Journal.open(directory.configuration { $0.segmentBytes = segmentBytes })
    }

    @Test func `A newest segment that is cut anywhere has the whole records before the cut`() async throws {
        let left = try await Self.left(5)
        let name = SegmentName.name(first: 3)
        let bytes = try left.bytes(name)
        #expect(bytes.count == 32 + 2 * 24)
        for count in 0...bytes.count {
            let directory = try left.copy()
            try directory.write(Array(bytes[..<count]), to: name)
            let journal = try await Self.open(directory)
            let whole = max(0, count - 32) / 24
            let kept = count < 32 ? 0 : 32 + whole * 24
            #expect(journal.recovery.records == 3 + whole)
            #expect(journal.recovery.cutBytes == count - kept)
            #expect(journal.status.counters.cutBytes == count - kept)
            #expect(journal.recovery.corruptFiles == [])
            #expect(try await journal.readAll() == (0..<3 + whole).map(record))
            #expect((try? directory.bytes(name).count) == (whole == 0 ? nil : kept))
            try await journal.keep(record(99))
            #expect(try await journal.readAll() == [record(99)])
            await journal.close()
            // Now it is not the newest, and must be in order all the same.
            let next = try await Self.open(directory)
            #expect(next.recovery.cutBytes == 0)
            #expect(next.recovery.corruptBytes == 0)
            #expect(next.recovery.missingRecords == 0)
            #expect(try await next.readAll() == (0..<3 + whole).map(record) + [record(99)])
        }
    }

    @Test func `A segment that is damaged anywhere has the records before the damage, and is kept aside`() async throws
    {
        let left = try await Self.left(8)
        for (index, first) in [0, 3, 6].enumerated() {
            let name = SegmentName.name(first: UInt64(first))
            let bytes = try left.bytes(name)
            for place in bytes.indices {
                let directory = try left.copy()
                var changed = bytes
                changed[place] ^= 0x40
                try directory.write(changed, to: name)
                let journal = try await Self.open(directory)
                let before = place < 32 ? 0 : (place - 32) / 24
                let lost = (bytes.count - 32) / 24 - before
                let expected = (0..<8).filter { !(first + before..<first + before + lost).contains($0) }
                #expect(try await journal.readAll() == expected.map(record))
                let recovery = journal.recovery
                // A length that is too long by a bit looks like a record that was not written to its end.
                let looksTorn = index == 2 && recovery.cutBytes > 0
                if looksTorn { #expect((0..<4).contains((place - 32) % 24)) }
                #expect(recovery.cutBytes + recovery.corruptBytes == bytes.count - (place < 32 ? 0 : 32 + before * 24))
                #expect(recovery.corruptFiles == (looksTorn ? [] : [directory.path + "/" + name]))
                #expect(recovery.missingRecords == (index == 2 ? 0 : UInt64(lost)))
                #expect(journal.status.unconfirmedRecords == expected.count)
                // Nothing is in the way of further records, and once nothing is needed the file is still there.
                let end = try await journal.keep(record(8))
                await journal.confirm(upTo: end)
                #expect(directory.segments == [SegmentName.name(first: end.sequence - 1)])
                if !looksTorn { #expect(try directory.bytes(name + ".corrupt") == changed) }
            }
        }
    }

    @Test func `Zeros at the end are damage, and none of them is a record`() async throws {
        let directory = try await Self.left(2)
        let name = SegmentName.name(first: 0)
        try directory.write(directory.bytes(name) + [UInt8](repeating: 0, count: 4_096), to: name)
        let journal = try await Self.open(directory)
        #expect(journal.recovery.corruptBytes == 4_096)
        #expect(journal.status.bytes == 32 + 2 * 24 + 4_096)
        #expect(try await journal.readAll() == (0..<2).map(record))
    }

    @Test func `Damaged files of one name are all kept`() async throws {
        let directory = try await Self.left(1)
        let name = SegmentName.name(first: 0)
        for round in 1...3 {
            try directory.write([UInt8](repeating: UInt8(round), count: 100), to: name)
            await (try await Self.open(directory)).close()
        }
        #expect(
            directory.names.filter { $0.hasSuffix(".corrupt") } == [
                name + ".2.corrupt", name + ".3.corrupt", name + ".corrupt",
            ]
        )
    }

    @Test func `A segment that is missing is noticed`() async throws {
        let left = try await Self.left(9)
        let directory = try ScratchDirectory()
        for name in left.segments where name != SegmentName.name(first: 3) {
            try directory.write(left.bytes(name), to: name)
        }
        let journal = try await Self.open(directory)
        #expect(journal.recovery.missingRecords == 3)
        #expect(try await journal.readAll() == [0, 1, 2, 6, 7, 8].map(record))
    }

    @Test func `A segment of a later version is not touched`() async throws {
        let directory = try await Self.left(1)
        let name = SegmentName.name(first: 0)
        var bytes = try directory.bytes(name)
        bytes[8] = 2
        bytes.replace(at: 12, littleEndian: (Array(bytes[..<12]) + bytes[16..<32]).withUnsafeBytes(CRC32C.checksum))
        try directory.write(bytes, to: name)
        await #expect(throws: JournalError.foreignVersion(file: directory.path + "/" + name, version: 2)) {
            try await Self.open(directory)
        }
        #expect(try directory.bytes(name) == bytes)
        #expect(try directory.lockIsFree())
    }

    @Test func `Without a cursor, or with a torn one, reading begins with the oldest`() async throws {
        let directory = try await Self.left(5)
        let first = try await Self.open(directory)
        await first.confirm(upTo: try await first.read(maximumRecords: 1, maximumBytes: 1).end)
        await first.close()
        let cursor = try directory.bytes("cursor")
        for count in 0...cursor.count {
            let copy = try directory.copy()
            try copy.write(Array(cursor[..<count]), to: "cursor")
            let journal = try await Self.open(copy)
            #expect(try await journal.readAll() == (count == cursor.count ? 1..<5 : 0..<5).map(record))
        }
    }

    @Test func `A cursor is right wherever it is`() async throws {
        let left = try await Self.left(8)
        for sequence in 0...12 as ClosedRange<UInt64> {
            let directory = try left.copy()
            try directory.write(CursorFormat.bytes(for: sequence), to: "cursor")
            let journal = try await Self.open(directory)
            #expect(try await journal.readAll() == (Int(min(sequence, 8))..<8).map(record))
            #expect(directory.segments.count == (sequence >= 8 ? 0 : 3 - Int(sequence) / 3))
            // Numbers that were confirmed are not given out again.
            #expect(try await journal.keep(record(99)).sequence == max(8, sequence) + 1)
        }
    }

    @Test func `A cursor in damage is right`() async throws {
        let directory = try await Self.left(6)
        let name = SegmentName.name(first: 0)
        var bytes = try directory.bytes(name)
        bytes[32 + 24] ^= 1
        try directory.write(bytes, to: name)
        try directory.write(CursorFormat.bytes(for: 2), to: "cursor")
        let journal = try await Self.open(directory)
        #expect(try await journal.readAll() == (3..<6).map(record))
        #expect(directory.names.contains(name + ".corrupt"))
    }

    @Test func `Damage that comes while the journal is open is passed over and counted`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Self.open(directory)
        for number in 0..<5 { try await journal.keep(record(number)) }
        let name = SegmentName.name(first: 0)
        var bytes = try directory.bytes(name)
        bytes[32 + 24 + 20] ^= 1
        try directory.write(bytes, to: name)
        #expect(try await journal.readAll() == [0, 3, 4].map(record))
        journal.rewind()
        #expect(try await journal.readAll() == [0, 3, 4].map(record))
        #expect(journal.status.counters.lost == 2)
        let end = try await journal.keep(record(5))
        await journal.confirm(upTo: end)
        #expect(directory.names.contains(name + ".corrupt"))
    }

    @Test func `A segment that somebody deletes while the journal is open is passed over`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Self.open(directory)
        for number in 0..<5 { try await journal.keep(record(number)) }
        try directory.remove(SegmentName.name(first: 0))
        #expect(try await journal.readAll() == [3, 4].map(record))
        #expect(journal.status.counters.lost == 3)
    }

    @Test func `Records of all sizes are found, through all the windows of a large segment`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        var random = SeededGenerator(seed: 7)
        let sizes =
            (0..<60).map { _ in
                Int.random(
                    in: 0...RecordFormat.maximumPayloadBytes / (Bool.random(using: &random) ? 1 : 100),
                    using: &random
                )
            } + [RecordFormat.maximumPayloadBytes]
        let records = sizes.map { size in [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: size) }
        for record in records { try await journal.keep(record) }
        await journal.close()
        let next = try await Journal.open(directory.configuration())
        #expect(next.recovery.records == records.count)
        #expect(next.recovery.cutBytes == 0)
        #expect(try await next.readAll() == records)
    }
}
