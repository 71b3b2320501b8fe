internal import CLibRabbitMQ

extension AMQPTable {
    /// Deeper tables than this come from nobody who means well.
    private static let depthMax = 16

    /// Copies a table out of the library's memory.
    init(_ table: amqp_table_t, depth: Int = 0) throws(HandleError) {
        guard depth < Self.depthMax else { throw .violation("a table is nested deeper than \(Self.depthMax)") }
        var entries: [Entry] = []
        let source = unsafe UnsafeBufferPointer(start: table.entries, count: Int(table.num_entries))
        entries.reserveCapacity(source.count)
        for index in source.indices {
            let key = unsafe String(source[index].key)
            entries.append(Entry(key: key, value: try unsafe AMQPValue(source[index].value, depth: depth)))
        }
        self.init(entries)
    }

    fileprivate static func array(_ array: amqp_array_t, depth: Int) throws(HandleError) -> [AMQPValue] {
        guard depth < depthMax else { throw .violation("an array is nested deeper than \(depthMax)") }
        var values: [AMQPValue] = []
        let source = unsafe UnsafeBufferPointer(start: array.entries, count: Int(array.num_entries))
        for index in source.indices {
            values.append(try unsafe AMQPValue(source[index], depth: depth))
        }
        return values
    }
}

extension AMQPValue {
    fileprivate init(_ field: amqp_field_value_t, depth: Int) throws(HandleError) {
        let value = unsafe field.value
        switch UInt32(unsafe field.kind) {
        case AMQP_FIELD_KIND_BOOLEAN.rawValue: self = unsafe .bool(value.boolean != 0)
        case AMQP_FIELD_KIND_I8.rawValue: self = unsafe .int32(Int32(value.i8))
        case AMQP_FIELD_KIND_U8.rawValue: self = unsafe .int32(Int32(value.u8))
        case AMQP_FIELD_KIND_I16.rawValue: self = unsafe .int32(Int32(value.i16))
        case AMQP_FIELD_KIND_U16.rawValue: self = unsafe .int32(Int32(value.u16))
        case AMQP_FIELD_KIND_I32.rawValue: self = unsafe .int32(value.i32)
        case AMQP_FIELD_KIND_U32.rawValue: self = unsafe .int64(Int64(value.u32))
        case AMQP_FIELD_KIND_I64.rawValue: self = unsafe .int64(value.i64)
        case AMQP_FIELD_KIND_U64.rawValue: self = unsafe .int64(Int64(clamping: value.u64))
        case AMQP_FIELD_KIND_F32.rawValue: self = unsafe .double(Double(value.f32))
        case AMQP_FIELD_KIND_F64.rawValue: self = unsafe .double(value.f64)
        case AMQP_FIELD_KIND_DECIMAL.rawValue:
            var number = unsafe Double(value.decimal.value)
            for _ in 0..<(unsafe value.decimal.decimals) { number /= 10 }
            self = .double(number)
        case AMQP_FIELD_KIND_UTF8.rawValue:
            // The wire calls it a long string, and senders put bytes into it as well.
            let text = unsafe String(validating: value.bytes.buffer, as: UTF8.self)
            self = if let text { .string(text) } else { unsafe .bytes([UInt8](value.bytes.buffer)) }
        case AMQP_FIELD_KIND_BYTES.rawValue: self = unsafe .bytes([UInt8](value.bytes.buffer))
        case AMQP_FIELD_KIND_TIMESTAMP.rawValue: self = unsafe .timestamp(Int(clamping: value.u64))
        case AMQP_FIELD_KIND_ARRAY.rawValue:
            self = .array(try unsafe AMQPTable.array(value.array, depth: depth + 1))
        case AMQP_FIELD_KIND_TABLE.rawValue:
            self = .table(try unsafe AMQPTable(value.table, depth: depth + 1))
        default: self = .void
        }
    }
}
