import NIOConcurrencyHelpers
import Testing

@testable import OutcomeJournal

@Suite struct JournalWaitTests {
    @Test func `A reader waits until there is something, and not when there is`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let waiting = Task { await journal.waitUntilReadable() }
        try await journal.keep(record(0))
        #expect(await waiting.value)
        #expect(await journal.waitUntilReadable())
        #expect(try await journal.readAll() == [record(0)])
    }

    @Test func `Records that come one by one are all read by one who waits`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration { $0.segmentBytes = 500 })
        let reading = Task {
            var records: [[UInt8]] = []
            while records.count < 2_000, await journal.waitUntilReadable() {
                let batch = try await journal.read(maximumRecords: 10, maximumBytes: 1 << 20)
                records += batch.records
                await journal.confirm(upTo: batch.end)
            }
            return records
        }
        for number in 0..<2_000 { try await journal.keep(record(number)) }
        #expect(try await reading.value == (0..<2_000).map(record))
        #expect(journal.status.unconfirmedRecords == 0)
        #expect(directory.segments.count == 1)
    }

    @Test func `A wait ends when its task is cancelled`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let waiting = Task { await journal.waitUntilReadable() }
        waiting.cancel()
        #expect(await waiting.value == false)
        let cancelledFirst = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await journal.waitUntilReadable()
        }
        #expect(await cancelledFirst.value == false)
        // And another can wait after that.
        let next = Task { await journal.waitUntilReadable() }
        try await journal.keep(record(0))
        #expect(await next.value)
    }

    @Test func `A wait ends when the journal closes`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        let waiting = Task { await journal.waitUntilReadable() }
        await journal.close()
        #expect(await waiting.value == false)
    }

    @Test func `A wait ends when a rewind makes something readable`() async throws {
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(directory.configuration())
        try await journal.keep(record(0))
        for turns in 0..<100 {
            #expect(try await journal.readAll() == [record(0)])
            let answer = NIOLockedValueBox<Bool?>(nil)
            Task {
                let isReadable = await journal.waitUntilReadable()
                answer.withLockedValue { $0 = isReadable }
            }
            // Mostly, and in the end surely, the wait has begun by now.
            for _ in 0..<turns { await Task.yield() }
            journal.rewind()
            try await eventually { answer.withLockedValue { $0 } == true }
        }
    }
}
