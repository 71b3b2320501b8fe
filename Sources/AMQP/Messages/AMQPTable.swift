/// Message headers, or the arguments of a declaration: keys and values in the order they were given.
///
/// A list, not a dictionary: tables have a handful of entries, and the order survives a round trip.
public struct AMQPTable: Sendable, Equatable {
    /// One key and its value.
    public struct Entry: Sendable, Equatable {
        /// At most 128 bytes by the standard; more than 255 cannot be sent.
        public var key: String
        /// What the key stands for.
        public var value: AMQPValue

        /// Pairs a key with a value.
        public init(key: String, value: AMQPValue) {
            self.key = key
            self.value = value
        }
    }

    /// All entries, in order.
    public var entries: [Entry]

    /// Makes a table of `entries`; an empty one by default.
    public init(_ entries: [Entry] = []) {
        self.entries = entries
    }

    /// Whether there is no entry.
    public var isEmpty: Bool { entries.isEmpty }

    /// The first value under `key`. Setting nil removes every entry with that key.
    public subscript(key: String) -> AMQPValue? {
        get { entries.first { $0.key == key }?.value }
        set {
            guard let newValue else {
                entries.removeAll { $0.key == key }
                return
            }
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].value = newValue
            } else {
                entries.append(Entry(key: key, value: newValue))
            }
        }
    }
}

extension AMQPTable: ExpressibleByDictionaryLiteral {
    /// The entries in the order they are written.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) {
        entries = elements.map { Entry(key: $0.0, value: $0.1) }
    }
}
