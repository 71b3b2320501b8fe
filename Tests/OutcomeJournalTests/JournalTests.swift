import NIOConcurrencyHelpers
import Testing

@testable import OutcomeJournal

@Suite struct JournalTests {
    @Test func `Records are read back in order, from where the last batch ended`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        #expect(journal.recovery == JournalRecovery())
        #expect(try await journal.read(maximumRecords: 10, maximumBytes: 1 << 20).records == [])
        for number in 0..<5 { try await journal.keep(record(number)) }
        let first = try await journal.read(maximumRecords: 3, maximumBytes: 1 << 20)
        #expect(first.records == (0..<3).map(record))
        #expect(first.end.sequence == 3)
        #expect(try await journal.read(maximumRecords: 3, maximumBytes: 1 << 20).records == (3..<5).map(record))
        #expect(try await journal.read(maximumRecords: 3, maximumBytes: 1 << 20).records == [])
    }

    @Test func `The position of an append is the one that reading reaches`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 100 })
        for number in 0..<10 {
            let kept = try await journal.keep(record(number))
            #expect(kept.sequence == UInt64(number) + 1)
            #expect(try await journal.read(maximumRecords: 10, maximumBytes: 1 << 20).end == kept)
        }
    }

    @Test func `A batch has at least one record, however long, and about as many bytes as asked for`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let long = [UInt8](repeating: 7, count: RecordFormat.maximumPayloadBytes)
        let records = [[], long, [1], [2], [3], long, []]
        for record in records { try await journal.keep(record) }
        #expect(try await journal.read(maximumRecords: 0, maximumBytes: 0).records == [[]])
        #expect(try await journal.read(maximumRecords: 9, maximumBytes: 1).records == [long])
        #expect(try await journal.read(maximumRecords: 9, maximumBytes: 2 * 17).records == [[1], [2]])
        #expect(try await journal.read(maximumRecords: 9, maximumBytes: 18).records == [[3]])
        #expect(try await journal.read(maximumRecords: 9, maximumBytes: 4 << 20).records == [long, []])
        journal.rewind()
        #expect(try await journal.readAll() == records)
    }

    @Test func `After a rewind reading begins where it was last confirmed`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        for number in 0..<6 { try await journal.keep(record(number)) }
        let first = try await journal.read(maximumRecords: 2, maximumBytes: 1 << 20)
        _ = try await journal.read(maximumRecords: 2, maximumBytes: 1 << 20)
        await journal.confirm(upTo: first.end)
        journal.rewind()
        #expect(try await journal.readAll() == (2..<6).map(record))
    }

    @Test func `A batch says whether there were more than were asked for, by number or by bytes`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        for number in 0..<6 { try await journal.keep(record(number)) }
        let byNumber = try await journal.read(maximumRecords: 2, maximumBytes: 1 << 20)
        #expect(byNumber.records.count == 2)
        #expect(byNumber.hasMore)
        let byBytes = try await journal.read(maximumRecords: 256, maximumBytes: 60)
        #expect(byBytes.records.count == 2)
        #expect(byBytes.hasMore)
        let rest = try await journal.read(maximumRecords: 2, maximumBytes: 1 << 20)
        #expect(rest.records.count == 2)
        #expect(!rest.hasMore)
        #expect(try await !journal.read(maximumRecords: 2, maximumBytes: 1 << 20).hasMore)
    }

    @Test func `Confirmed records are not read by the next run, and the others are`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        for number in 0..<6 { try await journal.keep(record(number)) }
        await journal.confirm(upTo: try await journal.read(maximumRecords: 4, maximumBytes: 1 << 20).end)
        #expect(await journal.close())
        let next = try await Journal.open(directory.configuration())
        #expect(next.recovery.segments == 1)
        #expect(next.recovery.records == 6)
        #expect(next.recovery.unconfirmedRecords == 2)
        #expect(next.recovery.bytes == 32 + 6 * (16 + 8))
        #expect(try await next.keep(record(6)).sequence == 7)
        #expect(try await next.readAll() == (4..<7).map(record))
    }

    @Test func `Segments are deleted as soon as all their records are confirmed`() async throws {
        let directory = try ScratchDirectory()
        // Three records of 24 bytes in each.
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 32 + 3 * 24 })
        for number in 0..<8 { try await journal.keep(record(number)) }
        #expect(directory.segments == [0, 3, 6].map(SegmentName.name(first:)))
        var positions: [JournalPosition] = []
        for _ in 0..<8 { positions.append(try await journal.read(maximumRecords: 1, maximumBytes: 1).end) }
        await journal.confirm(upTo: positions[1])
        #expect(directory.segments.count == 3)
        await journal.confirm(upTo: positions[2])
        #expect(directory.segments == [3, 6].map(SegmentName.name(first:)))
        await journal.confirm(upTo: positions[7])
        #expect(directory.segments == [6].map(SegmentName.name(first:)))
        #expect(journal.status.bytes == 32 + 2 * 24)
        await journal.close()
        // An earlier run's segment takes no records, so nothing of it is needed.
        let next = try await Journal.open(directory.configuration())
        #expect(directory.segments == [])
        #expect(next.recovery.segments == 0)
        #expect(try await next.keep(record(8)).sequence == 9)
    }

    @Test func `A full journal keeps the oldest, and takes records again after a confirm`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(
            directory.configuration {
                $0.segmentBytes = 32 + 3 * 24
                $0.maximumBytes = 2 * (32 + 3 * 24)
            }
        )
        for number in 0..<6 { try await journal.keep(record(number)) }
        for _ in 0..<3 { #expect(await journal.append(record(99)) == .refused(.full)) }
        #expect(journal.status.counters.refused == 3)
        #expect(journal.status.bytes == 2 * (32 + 3 * 24))
        let batch = try await journal.read(maximumRecords: 3, maximumBytes: 1 << 20)
        #expect(batch.records == (0..<3).map(record))
        await journal.confirm(upTo: batch.end)
        for number in 6..<9 { try await journal.keep(record(number)) }
        #expect(await journal.append(record(99)) == .refused(.full))
        #expect(try await journal.readAll() == (3..<9).map(record))
        #expect(journal.status.lastFailure == nil)
    }

    @Test func `A journal of one segment does not stay full`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(
            directory.configuration {
                $0.segmentBytes = 32 + 3 * 24
                $0.maximumBytes = 32 + 3 * 24
            }
        )
        for round in 0..<3 {
            for number in 0..<3 { try await journal.keep(record(number)) }
            #expect(await journal.append(record(9)) == .refused(.full))
            await journal.confirm(upTo: try await journal.read(maximumRecords: 3, maximumBytes: 1 << 20).end)
            #expect(directory.segments == [SegmentName.name(first: UInt64(3 * round))])
        }
    }

    @Test func `A record that is too long is refused`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let tooLong = [UInt8](repeating: 0, count: RecordFormat.maximumPayloadBytes + 1)
        #expect(await journal.append(tooLong) == .refused(.recordTooLong(bytes: tooLong.count)))
        #expect(journal.status.counters.refused == 1)
    }

    @Test func `Records that nobody waits for are kept in order`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        journal.enqueue([])
        journal.enqueue((0..<100).map(record))
        journal.enqueue((100..<200).map(record))
        try await journal.keep(record(200))
        #expect(try await journal.readAll() == (0...200).map(record))
    }

    @Test func `A second opener is told which directory is in use, until the first has closed`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let error = await #expect(throws: JournalError.self) { try await Journal.open(directory.configuration()) }
        #expect(error == .inUse(directory: directory.path))
        #expect(error?.description.contains(directory.path) == true)
        await journal.close()
        _ = try await Journal.open(directory.configuration())
    }

    @Test func `The directory is made, with those above it`() async throws {
        let directory = try ScratchDirectory()
        var configuration = directory.configuration()
        configuration.directory += "/some/where/"
        let journal = try await Journal.open(configuration)
        try await journal.keep(record(0))
        #expect(directory.names == ["some"])
    }

    @Test func `A directory that cannot be made is an error`() async throws {
        let directory = try ScratchDirectory()
        try directory.write([], to: "file")
        var configuration = directory.configuration()
        configuration.directory += "/file/journal"
        await #expect(throws: JournalError.self) { try await Journal.open(configuration) }
    }

    @Test func `A closed journal has written everything, and takes and gives nothing`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        journal.enqueue((0..<1_000).map(record))
        #expect(await journal.close())
        #expect(await journal.close())
        #expect(await journal.append(record(0)) == .refused(.closed))
        await #expect(throws: JournalError.closed) { try await journal.read(maximumRecords: 1, maximumBytes: 1) }
        #expect(await journal.waitUntilReadable() == false)
        let next = try await Journal.open(directory.configuration())
        #expect(try await next.readAll() == (0..<1_000).map(record))
    }

    @Test func `A journal that is dropped writes what is queued and gives up its directory`() async throws {
        let directory = try ScratchDirectory()
        for round in 0..<20 {
            try await Journal.open(directory.configuration()).enqueue((0..<100).map { record(round * 100 + $0) })
            try await eventually { try directory.lockIsFree() }
        }
        let next = try await Journal.open(directory.configuration())
        #expect(try await next.readAll() == (0..<2_000).map(record))
    }

    @Test func `The status says what there is`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 32 + 3 * 24 })
        #expect(journal.status == JournalStatus())
        for number in 0..<4 { try await journal.keep(record(number)) }
        await journal.confirm(upTo: try await journal.read(maximumRecords: 1, maximumBytes: 1).end)
        let status = journal.status
        #expect(status.segments == 2)
        #expect(status.bytes == 2 * 32 + 4 * 24)
        #expect(status.unconfirmedRecords == 3)
        #expect(status.queuedRecords == 0)
        #expect(status.queuedBytes == 0)
        #expect(status.counters.appended == 4)
        #expect(status.counters.confirmed == 1)
        #expect(status.counters.writes == 4)
        #expect(status.counters.syncs == 0)
        try await eventually { journal.status.oldestUnconfirmedAge.map { $0 >= .milliseconds(20) } ?? false }
        await journal.close()
        let next = try await Journal.open(directory.configuration())
        #expect(next.status.unconfirmedRecords == 3)
        #expect(try #require(next.status.oldestUnconfirmedAge) >= .milliseconds(20))
        await next.confirm(upTo: try await next.read(maximumRecords: 9, maximumBytes: 1 << 20).end)
        await next.confirm(upTo: try await next.read(maximumRecords: 9, maximumBytes: 1 << 20).end)
        #expect(next.status.oldestUnconfirmedAge == nil)
        #expect(next.status.counters.confirmed == 3)
    }

    @Test(arguments: [JournalSync.none, .group, .always])
    func `Each mode syncs as often as it says`(sync: JournalSync) async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.sync = sync }, disk: disk)
        disk.hang()
        journal.enqueue([record(0)])
        try await eventually { disk.calls(of: .write) == 1 }
        journal.enqueue((1..<10).map(record))
        disk.goOn()
        try await journal.keep(record(10))
        let counters = journal.status.counters
        #expect(counters.appended == 11)
        #expect(counters.syncs == disk.calls(of: .syncData))
        switch sync {
        case .none: #expect(counters.syncs == 0)
        // The first by itself, then the nine, with or without the last.
        case .group: #expect(counters.syncs == counters.writes && (2...3).contains(counters.syncs))
        case .always: #expect(counters.syncs == 11 && counters.writes == 11)
        }
        #expect(try await journal.readAll() == (0...10).map(record))
    }
}
