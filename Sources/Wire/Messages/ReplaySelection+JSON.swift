public import DecisionCore

extension ReplaySelection {
    /// The selection as a JSON object, such as
    /// `{"source":"stream","from":1700000000000,"to":1700003600000,"stream":"room-*","causes":["timeout"]}`, with times in
    /// milliseconds since the Unix epoch.
    public func encodedJSON() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { $0.members(of: self) }
        return writer.bytes
    }

    /// Reads a JSON object, whatever the order of its members.
    ///
    /// - Throws: ``WireError`` when it is no selection.
    public init(decodingJSON bytes: [UInt8]) throws(WireError) {
        let fields: ReplaySelectionFields
        do {
            var reader = JSONReader(bytes)
            fields = try ReplaySelectionFields(from: &reader)
            try reader.finish()
        } catch {
            throw WireError(.malformedBody, error.description)
        }
        self = try fields.selection()
    }
}

extension JSONWriter {
    /// Writes a selection, as the members of ``ReplaySelection/encodedJSON()``.
    mutating func members(of selection: ReplaySelection) {
        member("source", selection.source.rawValue)
        switch selection.span {
        case .time(let from, let to):
            member("from", from.millisecondsSinceEpoch)
            member("to", to.millisecondsSinceEpoch)
        case .offsets(let offsets):
            member("from_offset", offsets.lowerBound)
            member("to_offset", offsets.upperBound)
        }
        if let domain = selection.domain { member("domain", domain.text) }
        if let app = selection.app { member("app", app.text) }
        if let stream = selection.stream { member("stream", stream.text) }
        if !selection.causes.isEmpty {
            member("causes", array: { for cause in selection.causes.sorted() { $0.element(cause) } })
        }
        if let rule = selection.rule { member("rule", rule.rawValue) }
    }
}
