import Glibc
import NIOConcurrencyHelpers
import Testing

@testable import OutcomeJournal

@Suite struct JournalFailureTests {
    private static func error(_ operation: FaultyDisk.Operation, _ errorNumber: Int32) -> JournalError {
        .system(operation: "\(operation)", errorNumber: errorNumber)
    }

    /// What the next run reads.
    private static func recover(_ directory: ScratchDirectory) async throws -> (JournalRecovery, [[UInt8]]) {
        let next = try await Journal.open(directory.configuration())
        return (next.recovery, try await next.readAll())
    }

    @Test func `A disk without space refuses, leaves no torn record, and the same segment goes on later`() async throws
    {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        try await journal.keep(record(0))
        disk.fail(.write, with: ENOSPC)
        for room in 0..<24 {
            disk.setRoom(room)
            #expect(await journal.append(record(1)) == .refused(Self.error(.write, ENOSPC)))
            #expect(try directory.bytes(SegmentName.name(first: 0)).count == 32 + 24)
        }
        let status = journal.status
        #expect(status.counters.refused == 24)
        #expect(status.counters.cutBytes == (0..<24).reduce(0, +))
        #expect(status.lastFailure == Self.error(.write, ENOSPC))
        #expect(status.bytes == 32 + 24)
        disk.fail(.write, with: nil)
        disk.setRoom(nil)
        try await journal.keep(record(2))
        #expect(directory.segments.count == 1)
        #expect(try await journal.readAll() == [record(0), record(2)])
        await journal.close()
        #expect(try await Self.recover(directory).1 == [record(0), record(2)])
    }

    @Test func `A disk without space gets back what is confirmed, and no more than that`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        for number in 0..<2 { try await journal.keep(record(number)) }
        let end = try await journal.keep(record(2))
        disk.fail(.write, with: ENOSPC)
        disk.setRoom(0)
        #expect(await journal.append(record(3)) == .refused(Self.error(.write, ENOSPC)))
        #expect(directory.segments == [SegmentName.name(first: 0)])
        #expect(try await journal.readAll() == (0..<3).map { record($0) })
        await journal.confirm(upTo: end)

        // The segment had three records, and so has the next.
        for number in 3..<6 { try await journal.keep(record(number)) }
        #expect(directory.segments == [SegmentName.name(first: 3)])
        #expect(await journal.append(record(6)) == .refused(Self.error(.write, ENOSPC)))
        #expect(try await journal.readAll() == (3..<6).map { record($0) })
        await journal.close()
        #expect(try await Self.recover(directory).1 == (3..<6).map { record($0) })
    }

    @Test func `A disk without space gets back a segment that was sealed for the next one`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        // Room for three records.
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 32 + 3 * 24 }, disk: disk)
        for number in 0..<2 { try await journal.keep(record(number)) }
        let end = try await journal.keep(record(2))
        #expect(try await journal.readAll().count == 3)
        await journal.confirm(upTo: end)
        disk.fail(.write, with: ENOSPC)
        disk.setRoom(0)
        try await journal.keep(record(3))
        #expect(directory.segments == [SegmentName.name(first: 3)])
        #expect(try await journal.readAll() == [record(3)])
    }

    @Test func `A write that is done in parts is whole`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        for room in 1..<24 {
            // The rest is written at once, because there is no failure.
            disk.setRoom(room)
            let keeping = Task { _ = try await journal.keep(record(1)) }
            try await eventually { disk.calls(of: .write) >= 2 * room - 1 }
            disk.setRoom(nil)
            try await keeping.value
        }
        #expect(try await journal.readAll().count == 23)
    }

    @Test func `A segment that could not be begun is not there, and is begun again`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        disk.fail(.open, with: EROFS)
        #expect(await journal.append(record(0)) == .refused(Self.error(.open, EROFS)))
        disk.fail(.open, with: nil)
        disk.fail(.write, with: ENOSPC)
        for room in [0, 1, 31, 32, 40] {
            disk.setRoom(room)
            #expect(await journal.append(record(0)) == .refused(Self.error(.write, ENOSPC)))
            #expect(directory.segments == [])
        }
        disk.fail(.write, with: nil)
        disk.setRoom(nil)
        try await journal.keep(record(1))
        #expect(try await journal.readAll() == [record(1)])
    }

    @Test func `A segment that was to be followed takes no records, even if the next one could not be begun`()
        async throws
    {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 100 }, disk: disk)
        try await journal.keep(record(0))
        disk.fail(.open, with: EMFILE)
        let long = [UInt8](repeating: 1, count: 80)
        #expect(await journal.append(long) == .refused(Self.error(.open, EMFILE)))
        #expect(await journal.append(record(1)) == .refused(Self.error(.open, EMFILE)))
        disk.fail(.open, with: nil)
        try await journal.keep(record(2))
        #expect(directory.segments == [0, 1].map(SegmentName.name(first:)))
        #expect(try await journal.readAll() == [record(0), record(2)])
    }

    @Test func `A segment that could neither be begun nor removed is begun again`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        disk.fail(.write, with: EIO)
        disk.fail(.remove, with: EIO)
        disk.setRoom(40)
        #expect(await journal.append(record(0)) == .refused(Self.error(.write, EIO)))
        #expect(directory.segments.count == 1)
        #expect(await journal.append(record(0)) == .refused(Self.error(.remove, EIO)))
        disk.fail(.write, with: nil)
        disk.fail(.remove, with: nil)
        disk.setRoom(nil)
        try await journal.keep(record(1))
        #expect(try await journal.readAll() == [record(1)])
        await journal.close()
        #expect(try await Self.recover(directory).1 == [record(1)])
    }

    @Test func `After an I/O error the records go into a new segment`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        try await journal.keep(record(0))
        disk.fail(.write, with: EIO)
        disk.setRoom(10)
        #expect(await journal.append(record(1)) == .refused(Self.error(.write, EIO)))
        disk.fail(.write, with: nil)
        disk.setRoom(nil)
        try await journal.keep(record(2))
        #expect(directory.segments == [0, 1].map(SegmentName.name(first:)))
        #expect(try await journal.readAll() == [record(0), record(2)])
        await journal.close()
        let (recovery, records) = try await Self.recover(directory)
        #expect(records == [record(0), record(2)])
        #expect(recovery.corruptBytes == 0)
        #expect(recovery.missingRecords == 0)
    }

    @Test func `A segment whose sync failed is not trusted again`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.sync = .group }, disk: disk)
        try await journal.keep(record(0))
        disk.fail(.syncData, with: EIO)
        for _ in 0..<3 { #expect(await journal.append(record(1)) == .refused(Self.error(.syncData, EIO))) }
        #expect(try await journal.readAll() == [record(0)])
        disk.fail(.syncData, with: nil)
        try await journal.keep(record(2))
        #expect(try await journal.readAll() == [record(2)])
        #expect(directory.segments == [0, 1].map(SegmentName.name(first:)))
        #expect(try directory.bytes(SegmentName.name(first: 0)).count == 32 + 24)
        await journal.close()
        #expect(try await Self.recover(directory).1 == [record(0), record(2)])
    }

    @Test func `A new segment that is not in its directory for good is given up`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.sync = .group }, disk: disk)
        disk.fail(.syncDirectory, with: EIO)
        #expect(await journal.append(record(0)) == .refused(Self.error(.syncDirectory, EIO)))
        #expect(directory.segments == [])
        disk.fail(.syncDirectory, with: nil)
        try await journal.keep(record(1))
        #expect(try await journal.readAll() == [record(1)])
    }

    @Test(arguments: [10, 24, 30, 48, 50])
    func `What could not be cut is known by the next segment`(room: Int) async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        try await journal.keep(record(0))
        // Of three records in one write none, one or two are whole.
        disk.fail(.write, with: EIO)
        disk.fail(.truncate, with: EIO)
        disk.setRoom(room)
        journal.enqueue((7...9).map(record))
        try await eventually { journal.status.counters.refused == 3 }
        disk.fail(.write, with: nil)
        disk.setRoom(nil)
        try await journal.keep(record(1))
        let kept = (0...1).map(record)
        #expect(try await journal.readAll() == kept)
        await journal.close()
        let (recovery, records) = try await Self.recover(directory)
        #expect(records == kept)
        #expect(recovery.missingRecords == 0)
        #expect(recovery.cutBytes + recovery.corruptBytes > 0)
    }

    @Test func `A disk that hangs overtakes those who wait, and their records are written when it goes on`()
        async throws
    {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.patience = .milliseconds(20) }, disk: disk)
        disk.hang()
        let results = await withTaskGroup(of: AppendResult.self) { group in
            for number in 0..<50 { group.addTask { await journal.append(record(number)) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results == [AppendResult](repeating: .overtaken, count: 50))
        #expect(journal.status.queuedRecords == 50)
        #expect(journal.status.counters.overtaken == 50)
        #expect(journal.status.counters.appended == 0)
        #expect(await journal.append(record(50)) == .overtaken)
        disk.goOn()
        try await eventually { journal.status.queuedRecords == 0 }
        #expect(journal.status.counters.appended == 51)
        #expect(Set(try await journal.readAll()) == Set((0...50).map(record)))
        // And patience is watched again.
        journal.enqueue([record(51)])
        try await eventually { journal.status.queuedRecords == 0 }
        disk.hang()
        #expect(await journal.append(record(52)) == .overtaken)
        disk.goOn()
    }

    @Test func `Those who were overtaken are told what became of their records, once`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.patience = .milliseconds(500) }, disk: disk)
        let ends = NIOLockedValueBox<[Int: [AppendResult]]>([:])
        let append = { number in
            await journal.append(record(number)) { end in
                ends.withLockedValue { $0[number, default: []].append(end) }
            }
        }
        #expect(await append(0).isKept)
        disk.hang()
        #expect(await append(1) == .overtaken)
        #expect(await append(2) == .overtaken)
        disk.goOn()
        try await eventually { ends.withLockedValue { $0.count } == 2 }
        #expect(ends.withLockedValue { $0.values.joined().allSatisfy(\.isKept) })
        // The failure is found when the disk goes on.
        disk.fail(.write, with: EIO)
        disk.hang()
        #expect(await append(3) == .overtaken)
        #expect(await append(4) == .overtaken)
        disk.goOn()
        let refused = [AppendResult.refused(Self.error(.write, EIO))]
        try await eventually { ends.withLockedValue { $0[3] == refused && $0[4] == refused } }
        disk.fail(.write, with: nil)
        try await journal.keep(record(5))
        #expect(try await journal.readAll() == [0, 1, 2, 5].map(record))
        // Who was not overtaken has no late end.
        #expect(ends.withLockedValue { $0.mapValues(\.count) } == [1: 1, 2: 1, 3: 1, 4: 1])
    }

    @Test func `The memory for records that wait for a hanging disk is bounded`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(
            directory.configuration { $0.maximumQueuedBytes = 10_000 },
            disk: disk
        )
        disk.hang()
        journal.enqueue((0..<1_000).map(record))
        #expect(await journal.append(record(0)) == .refused(.queueFull))
        let status = journal.status
        #expect(status.queuedBytes <= 10_000)
        #expect(status.queuedRecords + status.counters.refused == 1_001)
        disk.goOn()
        try await eventually { journal.status.queuedRecords == 0 }
        try await journal.keep(record(0))
        #expect(try await journal.readAll() == (0..<status.queuedRecords).map(record) + [record(0)])
    }

    @Test func `Closing does not wait for a hanging disk for ever, and the directory is kept until it is done`()
        async throws
    {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        disk.hang()
        journal.enqueue([record(0)])
        #expect(await journal.close(within: .milliseconds(20)) == false)
        #expect(try !directory.lockIsFree())
        disk.goOn()
        try await eventually { try directory.lockIsFree() }
        #expect(try await Self.recover(directory).1 == [record(0)])
    }

    @Test func `A failure to read is an error, and then the same records are next`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration(), disk: disk)
        try await journal.keep(record(0))
        disk.fail(.read, with: EIO)
        await #expect(throws: Self.error(.read, EIO)) {
            try await journal.read(maximumRecords: 1, maximumBytes: 1)
        }
        disk.fail(.read, with: nil)
        #expect(try await journal.readAll() == [record(0)])
    }

    @Test func `A segment that could not be deleted is deleted by the next run`() async throws {
        let directory = try ScratchDirectory()
        let disk = FaultyDisk()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 60 }, disk: disk)
        try await journal.keep(record(0))
        try await journal.keep(record(1))
        disk.fail(.remove, with: EIO)
        await journal.confirm(upTo: try await journal.read(maximumRecords: 1, maximumBytes: 1).end)
        #expect(journal.status.lastFailure == Self.error(.remove, EIO))
        #expect(directory.segments.count == 2)
        await journal.close()
        #expect(try await Self.recover(directory).1 == [record(1)])
        #expect(directory.segments == [SegmentName.name(first: 1)])
    }
}

extension AppendResult {
    fileprivate var isKept: Bool {
        if case .kept = self { true } else { false }
    }
}
