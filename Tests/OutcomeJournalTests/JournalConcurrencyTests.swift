import Testing

@testable import OutcomeJournal

@Suite struct JournalConcurrencyTests {
    private static func record(_ task: Int, _ number: Int) -> [UInt8] { [UInt8]("\(task) \(number)".utf8) }

    private static func parse(_ record: [UInt8]) -> (task: Int, number: Int) {
        let parts = String(decoding: record, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
        return (parts[0], parts[1])
    }

    @Test(arguments: [JournalSync.none, .group, .always])
    func `Many tasks append at once, the order of each is kept, and they share writes`(sync: JournalSync) async throws {
        let (tasks, each) = (64, sync == .always ? 5 : 100)
        let directory = try ScratchDirectory()
        let configuration = directory.configuration {
            $0.sync = sync
            $0.segmentBytes = 20_000
        }
        let journal = try await Journal.open(configuration)
        let positions = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var positions: [UInt64] = []
                    for number in 0..<each {
                        positions.append(try await journal.keep(Self.record(task, number)).sequence)
                    }
                    return positions
                }
            }
            var all: [UInt64] = []
            for try await positions in group {
                #expect(positions == positions.sorted())
                all += positions
            }
            return all
        }
        // Each record has a position of its own.
        #expect(positions.sorted() == (1...UInt64(tasks * each)).map { $0 })
        let counters = journal.status.counters
        #expect(counters.appended == tasks * each)
        if sync == .always {
            #expect(counters.writes == counters.appended)
        } else {
            #expect(counters.writes < counters.appended)
        }
        // What a killed process would leave.
        for directory in [directory, try directory.copy()] {
            if directory.path == configuration.directory { await journal.close() }
            let next = try await Journal.open(directory.configuration())
            var last = [Int](repeating: -1, count: tasks)
            for record in try await next.readAll(maximumRecords: 7) {
                let (task, number) = Self.parse(record)
                #expect(number == last[task] + 1)
                last[task] = number
            }
            #expect(last == [Int](repeating: each - 1, count: tasks))
        }
    }

    @Test func `Appends, reads, confirms, rewinds and statuses at once lose nothing and go in order`() async throws {
        let (tasks, each) = (16, 500)
        let directory = try ScratchDirectory()
        let journal = try await Journal.open(
            directory.configuration {
                $0.segmentBytes = 2_000
                $0.maximumBytes = 20_000
            }
        )
        let reading = Task {
            // The last number of each task that was confirmed.
            var confirmed = [Int](repeating: -1, count: tasks)
            var turn = 0
            while confirmed.contains(where: { $0 < each - 1 }), await journal.waitUntilReadable() {
                let batch = try await journal.read(maximumRecords: 50, maximumBytes: 1 << 20)
                turn += 1
                if turn.isMultiple(of: 3) {
                    journal.rewind()
                    continue
                }
                for record in batch.records {
                    let (task, number) = Self.parse(record)
                    #expect(number == confirmed[task] + 1)
                    confirmed[task] = number
                }
                await journal.confirm(upTo: batch.end)
                #expect(journal.status.bytes <= 20_000)
            }
        }
        await withTaskGroup { group in
            for task in 0..<tasks {
                group.addTask {
                    for number in 0..<each {
                        while true {
                            let result = await journal.append(Self.record(task, number))
                            if case .kept = result { break }
                            #expect(result == .refused(.full))
                            await Task.yield()
                        }
                    }
                }
            }
        }
        try await reading.value
        #expect(journal.status.unconfirmedRecords == 0)
        #expect(journal.status.counters.confirmed == tasks * each)
    }
}
