internal import DecisionCore

/// The version of the message bodies.
enum Schema {
    /// The version this program writes, and the only one it reads.
    static let current: Int64 = 1

    /// Reads a body that is an object with a known `schema`, which may stand anywhere in it.
    static func read(
        _ body: [UInt8],
        _ member: (inout JSONReader, String) throws(JSONError) -> Void
    ) throws(WireError) {
        var schema: Int64?
        do {
            var reader = JSONReader(body)
            try reader.readObject { (reader, name) throws(JSONError) in
                if name == "schema" { schema = try reader.readInteger() } else { try member(&reader, name) }
            }
            try reader.finish()
        } catch {
            // A body of another schema may well not fit this one's types: then the schema is what is wrong with it.
            guard schema == nil || schema == current else { throw unknown(schema) }
            throw WireError(.malformedBody, error.description)
        }
        guard schema == current else { throw unknown(schema) }
    }

    private static func unknown(_ schema: Int64?) -> WireError {
        schema.map { WireError(.unknownSchema, String($0)) } ?? WireError(.missingField, "schema")
    }

    /// A required member that names something: 1 byte to so many, none of them zero.
    static func name(
        _ value: String?,
        _ name: String,
        maximumLength: Int = NamePattern.maximumLength
    ) throws(WireError) -> String {
        let value = try require(value, name)
        guard (1...maximumLength).contains(value.utf8.count), !value.utf8.contains(0) else {
            throw WireError(.invalidField, name)
        }
        return value
    }

    /// The value of a required member.
    static func require<Value>(_ value: Value?, _ name: String) throws(WireError) -> Value {
        guard let value else { throw WireError(.missingField, name) }
        return value
    }
}
