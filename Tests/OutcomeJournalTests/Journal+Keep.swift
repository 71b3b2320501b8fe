import Testing

@testable import OutcomeJournal

/// A record that says which it is.
func record(_ number: Int) -> [UInt8] { [UInt8]("record \(number)".utf8) }

extension Journal {
    /// Appends, and fails when the record is not kept.
    @discardableResult
    func keep(_ record: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) async throws -> JournalPosition {
        let result = await append(record)
        var position: JournalPosition?
        if case .kept(let end) = result { position = end }
        return try #require(position, "\(result)", sourceLocation: sourceLocation)
    }

    /// Everything that can be read from here on.
    func readAll(maximumRecords: Int = 1_000, maximumBytes: Int = 1 << 20) async throws -> [[UInt8]] {
        var records: [[UInt8]] = []
        while true {
            let batch = try await read(maximumRecords: maximumRecords, maximumBytes: maximumBytes)
            if batch.records.isEmpty { return records }
            records += batch.records
        }
    }
}
