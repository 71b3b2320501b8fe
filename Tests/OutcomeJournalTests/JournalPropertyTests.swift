import Testing

@testable import OutcomeJournal

/// Random lives of a journal: appends, confirms, restarts, and kills that leave any part of the last bytes.
@Suite struct JournalPropertyTests {
    private struct Life {
        var random: SeededGenerator
        var directory: ScratchDirectory
        /// What has to be there, in order, by number.
        var kept: [[UInt8]] = []
        /// How many of them are confirmed.
        var confirmed = 0
        var number = 0

        mutating func nextRecord() -> [UInt8] {
            number += 1
            let padding = Int.random(in: 0...60, using: &random)
            return record(number) + [UInt8](repeating: 0x20, count: padding)
        }

        func configuration(_ segmentBytes: Int) -> JournalConfiguration {
            directory.configuration { $0.segmentBytes = segmentBytes }
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `Whatever happens, the records that are there are exactly those that were kept`(seed: UInt64) async throws {
        var life = Life(random: SeededGenerator(seed: seed), directory: try ScratchDirectory())
        let segmentBytes = Int.random(in: 50...600, using: &life.random)
        for _ in 0..<8 {
            let journal = try await Journal.open(life.configuration(segmentBytes))
            #expect(journal.recovery.corruptFiles == [])
            #expect(journal.recovery.missingRecords == 0)
            #expect(journal.status.unconfirmedRecords == life.kept.count - life.confirmed)
            try await Self.live(&life, in: journal)
            try await Self.die(&life, journal, segmentBytes: segmentBytes)
        }
    }

    private static func live(_ life: inout Life, in journal: Journal) async throws {
        var read = life.confirmed
        for _ in 0..<Int.random(in: 0...30, using: &life.random) {
            switch Int.random(in: 0..<10, using: &life.random) {
            case 0..<5:
                let record = life.nextRecord()
                #expect(try await journal.keep(record).sequence == UInt64(life.kept.count) + 1)
                life.kept.append(record)
            case 5:
                let records = (0..<Int.random(in: 1...9, using: &life.random)).map { _ in life.nextRecord() }
                journal.enqueue(records)
                try await eventually { journal.status.queuedRecords == 0 }
                life.kept += records
            case 6..<9:
                let most = Int.random(in: 1...8, using: &life.random)
                let batch = try await journal.read(maximumRecords: most, maximumBytes: 300)
                #expect(batch.records == Array(life.kept[read..<read + batch.records.count]))
                #expect(!batch.records.isEmpty || read == life.kept.count)
                #expect(batch.end.sequence == UInt64(read + batch.records.count))
                read += batch.records.count
                if Bool.random(using: &life.random) {
                    await journal.confirm(upTo: batch.end)
                    life.confirmed = read
                }
            default:
                journal.rewind()
                read = life.confirmed
            }
            #expect(journal.status.unconfirmedRecords == life.kept.count - life.confirmed)
        }
        journal.rewind()
        #expect(try await journal.readAll(maximumRecords: 5) == Array(life.kept[life.confirmed...]))
    }

    /// The process is closed, killed, or killed in the middle of a write.
    private static func die(_ life: inout Life, _ journal: Journal, segmentBytes: Int) async throws {
        let way = Int.random(in: 0..<3, using: &life.random)
        if way == 0 { return #expect(await journal.close()) }
        let before = try life.directory.copy()
        guard way == 2 else { return life.directory = before }
        // A batch is under way, and of each file any part of what it adds is there.
        let batch = (0..<Int.random(in: 1...6, using: &life.random)).map { _ in life.nextRecord() }
        journal.enqueue(batch)
        try await eventually { journal.status.queuedRecords == 0 }
        let after = try life.directory.copy()
        let changed = try after.segments.filter { try (try? before.bytes($0)) != after.bytes($0) }
        let torn = Int.random(in: 0..<changed.count, using: &life.random)
        for (index, name) in changed.enumerated() {
            let bytes = try after.bytes(name)
            let start = (try? before.bytes(name).count) ?? 0
            if index < torn { try before.write(bytes, to: name) }
            if index == torn {
                let count = Int.random(in: start...bytes.count, using: &life.random)
                try before.write(Array(bytes[..<count]), to: name)
            }
        }
        life.directory = before
        // Some of the batch may be there, from its first record on.
        let next = try await Journal.open(life.configuration(segmentBytes))
        let found = try await next.readAll()
        let extra = found.count - (life.kept.count - life.confirmed)
        try #require((0...batch.count).contains(extra))
        #expect(found == Array(life.kept[life.confirmed...] + batch[..<extra]))
        life.kept += batch[..<extra]
        #expect(await next.close())
    }
}
