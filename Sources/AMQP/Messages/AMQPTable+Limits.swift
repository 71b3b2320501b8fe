extension AMQPTable {
    /// An upper bound for the bytes of the table on the wire; nil when it cannot be written at all.
    func encodedSizeBound() -> Int? {
        var size = 4
        for entry in entries {
            guard entry.key.utf8.count <= ShortString.maximumLength, let value = entry.value.encodedSizeBound() else {
                return nil
            }
            size += 1 + entry.key.utf8.count + value
        }
        return size
    }
}

extension AMQPValue {
    fileprivate func encodedSizeBound() -> Int? {
        switch self {
        case .string(let text):
            return 5 + text.utf8.count
        case .bytes(let bytes):
            return 5 + bytes.count
        case .array(let values):
            var size = 5
            for value in values {
                guard let bound = value.encodedSizeBound() else { return nil }
                size += bound
            }
            return size
        case .table(let table):
            return table.encodedSizeBound().map { 1 + $0 }
        case .bool, .int32, .int64, .double, .timestamp, .void:
            return 9
        }
    }
}
