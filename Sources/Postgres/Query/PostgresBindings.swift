/// The values of a query in one buffer, each with the zero byte after it that libpq wants.
struct PostgresBindings: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each value starts; nil for NULL.
    private(set) var offsets: [Int?] = []
    /// The first value with a zero byte in it.
    private(set) var indexOfInvalidValue: Int?

    var count: Int { offsets.count }

    mutating func append(_ value: some PostgresEncodable) {
        guard !value.isPostgresNull else {
            offsets.append(nil)
            return
        }
        let start = bytes.count
        value.encodePostgresText(into: &bytes)
        if indexOfInvalidValue == nil, bytes[start...].contains(0) { indexOfInvalidValue = offsets.count }
        bytes.append(0)
        offsets.append(start)
    }
}
