import Foundation
import Glibc
import Testing

@testable import OutcomeJournal

/// With a file system of 1 MiB, which takes root to mount.
@Suite(.enabled(if: SmallFileSystem.canMount)) struct JournalSpaceTests {
    @Test(arguments: [JournalSync.none, .group])
    func `A file system that is full refuses records, keeps the others, and takes some again`(
        sync: JournalSync
    ) async throws {
        let disk = try SmallFileSystem()
        var configuration = JournalConfiguration(directory: disk.directory.path)
        configuration.sync = sync
        configuration.segmentBytes = 100_000
        configuration.patience = .seconds(60)
        let journal = try await Journal.open(configuration)
        var kept: [[UInt8]] = []
        var result = AppendResult.overtaken
        // No multiple of a page, so that the last write is done in part.
        func next() -> [UInt8] { record(kept.count) + [UInt8](repeating: 1, count: 3_000) }
        repeat {
            result = await journal.append(next())
            if case .kept = result { kept.append(next()) }
        } while result != .refused(.system(operation: "write", errorNumber: ENOSPC))
        #expect(kept.count > 250)
        for _ in 0..<10 { #expect(await journal.append(next()) == result) }
        let batch = try await journal.read(maximumRecords: 100, maximumBytes: 1 << 20)
        #expect(batch.records == Array(kept[..<batch.records.count]))
        await journal.confirm(upTo: batch.end)
        for _ in 0..<10 {
            try await journal.keep(next())
            kept.append(next())
        }
        #expect(try await journal.readAll() == Array(kept[batch.records.count...]))
        await journal.close()
        let again = try await Journal.open(configuration)
        #expect(again.recovery.cutBytes == 0)
        #expect(again.recovery.corruptBytes == 0)
        #expect(try await again.readAll() == Array(kept[batch.records.count...]))
        await again.close()
    }
}

private final class SmallFileSystem {
    let directory: ScratchDirectory

    static let canMount: Bool = (try? SmallFileSystem()) != nil

    init() throws {
        directory = try ScratchDirectory()
        guard mount("none", directory.path, "tmpfs", 0, "size=1m") == 0 else { throw CannotMount() }
    }

    deinit {
        _ = umount2(directory.path, Int32(MNT_DETACH))
    }
}

private struct CannotMount: Error {}
