public import AMQP
public import DecisionCore

/// A message of the outcomes stream that carries records of the audit trail, as many as were there.
///
/// A durable message for each record would cost the broker more than the decision itself.
public enum AuditMessage {
    /// A record that cannot be understood, as it came.
    public struct BadRecord: Error, Sendable, Equatable {
        /// Its bytes, a JSON value.
        public var bytes: [UInt8]
        /// What is wrong with it.
        public var reason: WireError

        /// Describes a record.
        public init(bytes: [UInt8], reason: WireError) {
            self.bytes = bytes
            self.reason = reason
        }
    }

    /// The message that carries records.
    ///
    /// Mandatory: a stream that is down does not take it, and the broker confirms it all the same, but returns it first.
    ///
    /// - Parameters:
    ///   - records: Each ``AuditRecord/encoded()``, in order; at least one.
    ///   - id: Unique among the messages of this sender that have no confirm yet.
    ///   - sentAt: The civil clock.
    public static func message(
        records: [[UInt8]],
        id: String,
        sentAt: Timestamp,
        topology: Topology,
        sender: String
    ) -> AMQPMessage {
        AMQPMessage(
            exchange: topology.exchange,
            routingKey: Topology.outcomeKey,
            mandatory: true,
            properties: AMQPProperties(
                contentType: "application/json",
                deliveryMode: .persistent,
                messageID: id,
                timestamp: Int(sentAt.millisecondsSinceEpoch / 1_000),
                type: Topology.outcomeKey,
                appID: sender
            ),
            body: body(of: records)
        )
    }

    /// The body `{"schema":1,"records":[…]}`.
    public static func body(of records: [[UInt8]]) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(records.reduce(32) { $0 + $1.count + 1 })
        body.append(contentsOf: #"{"schema":"#.utf8)
        body.append(contentsOf: String(Schema.current).utf8)
        body.append(contentsOf: #","records":["#.utf8)
        for (index, record) in records.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: record)
        }
        body.append(contentsOf: "]}".utf8)
        return body
    }

    /// Reads a message body. A record that cannot be understood does not cost the others.
    ///
    /// - Throws: ``WireError`` when the body is no JSON of a known schema with records in it.
    public static func records(in body: [UInt8]) throws(WireError) -> [Result<AuditRecord, BadRecord>] {
        var records: [Result<AuditRecord, BadRecord>]?
        try Schema.read(body) { (reader, name) throws(JSONError) in
            guard name == "records" else { return try reader.skipValue() }
            var read: [Result<AuditRecord, BadRecord>] = []
            try reader.readArray { reader throws(JSONError) in read.append(try record(from: &reader)) }
            records = read
        }
        return try Schema.require(records, "records")
    }

    private static func record(from reader: inout JSONReader) throws(JSONError) -> Result<AuditRecord, BadRecord> {
        let start = reader
        do {
            var fields = AuditRecordFields()
            try reader.readObject { (reader, name) throws(JSONError) in try fields.read(name, from: &reader) }
            do throws(WireError) {
                return .success(try fields.record())
            } catch {
                return .failure(BadRecord(bytes: reader.bytes(since: start), reason: error))
            }
        } catch {
            // What is no JSON at all ends the message; what is only not as it should be ends with its own value.
            reader = start
            try reader.skipValue()
            return .failure(
                BadRecord(bytes: reader.bytes(since: start), reason: WireError(.malformedBody, error.description))
            )
        }
    }
}
