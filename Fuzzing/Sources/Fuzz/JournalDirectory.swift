import Foundation
import Glibc

@testable import OutcomeJournal

/// Below TMPDIR, which should not be on a disk, so that the fuzzer is what takes the time.
private let directory = NSTemporaryDirectory() + "/needrecord-fuzz-\(getpid())"

/// A journal's directory with these bytes in its files is opened, read to its end, written to, and read again.
///
/// The first byte says which of the files that a journal may have gets which part of the rest, and whether that is
/// raw or in the format of a segment: checksums are not to be guessed.
func fuzzJournal(_ input: [UInt8]) {
    guard let shape = input.first else { return }
    _ = mkdir(directory, 0o700)
    for name in (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [] {
        unlink("\(directory)/\(name)")
    }
    let rest = Array(input.dropFirst())
    let cut = rest.count * Int(shape >> 4) / 16
    let first = shape & 1 == 0 ? "00000000000000000000.journal" : "00000000000000000003.journal"
    let (head, tail) = (Array(rest[..<cut]), Array(rest[cut...]))
    write(shape & 8 == 0 ? head : segment(shape & 1 == 0 ? 0 : 3, head), to: first)
    if shape & 2 != 0 { write(shape & 8 == 0 ? tail : segment(9, tail), to: "00000000000000000009.journal") }
    if shape & 4 != 0 { write(tail, to: "cursor") }
    let done = DispatchSemaphore(value: 0)
    Task.detached {
        await exercise()
        done.signal()
    }
    done.wait()
}

/// A segment whose records end where there is a zero; the last one is broken when it ends without one.
private func segment(_ first: UInt64, _ content: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    SegmentHeader(first: first, time: 1_700_000_000_000).append(to: &bytes)
    let records = content.split(separator: 0, omittingEmptySubsequences: false)
    for record in records.dropLast() where !record.isEmpty {
        RecordFormat.append(Array(record), time: 1_700_000_000_000, to: &bytes)
    }
    return bytes + (records.last ?? [])
}

private func exercise() async {
    var configuration = JournalConfiguration(directory: directory)
    configuration.segmentBytes = 4_096
    configuration.maximumBytes = 1 << 20
    guard let journal = try? await Journal.open(configuration) else { return }
    let old = await readAll(journal)
    demand(old.count <= journal.recovery.records, "\(old.count) of \(journal.recovery.records) records")
    let record = Array("still at work".utf8)
    let result = await journal.append(record)
    guard case .kept = result else { fatalError("a record is \(result)") }
    let new = await readAll(journal)
    demand(new == [record], "what was appended is not what is read")
    await journal.close()
    guard let again = try? await Journal.open(configuration) else { fatalError("it cannot be opened again") }
    demand(again.recovery.cutBytes == 0 && again.recovery.corruptBytes == 0, "damage was left: \(again.recovery)")
    await again.close()
}

private func readAll(_ journal: Journal) async -> [[UInt8]] {
    var records: [[UInt8]] = []
    while let batch = try? await journal.read(maximumRecords: 100, maximumBytes: 1 << 20), !batch.records.isEmpty {
        records += batch.records
        await journal.confirm(upTo: batch.end)
    }
    return records
}

private func write(_ bytes: [UInt8], to name: String) {
    guard let file = fopen("\(directory)/\(name)", "w") else { return }
    fwrite(bytes, 1, bytes.count, file)
    fclose(file)
}
