internal import CLibRabbitMQ

/// Memory for the C values of one call: texts and tables are copied in, and all of it is taken back at once.
///
/// It is the library's own arena, whose pages stay allocated, so that encoding a message costs no allocation. It also
/// makes an `amqp_bytes_t` safe to hold until ``recycle()``, where `amqp_cstring_bytes` would point to a Swift string
/// that is gone already.
@safe struct EncodingPool: ~Copyable {
    private static let pageSize = 4096

    private let pool: UnsafeMutablePointer<amqp_pool_t>

    init() {
        unsafe pool = .allocate(capacity: 1)
        unsafe pool.initialize(to: amqp_pool_t())
        unsafe init_amqp_pool(pool, Self.pageSize)
    }

    deinit {
        unsafe empty_amqp_pool(pool)
        unsafe pool.deallocate()
    }

    /// Invalidates everything that was made since the last time.
    func recycle() {
        unsafe recycle_amqp_pool(pool)
    }

    func bytes(_ text: String) throws(HandleError) -> amqp_bytes_t {
        var text = text
        let result = text.withUTF8 { utf8 -> amqp_bytes_t? in unsafe copy(UnsafeRawBufferPointer(utf8)) }
        guard let result = unsafe result else { throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue) }
        return unsafe result
    }

    func bytes(_ array: [UInt8]) throws(HandleError) -> amqp_bytes_t {
        let result = unsafe array.withUnsafeBytes { buffer -> amqp_bytes_t? in unsafe copy(buffer) }
        guard let result = unsafe result else { throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue) }
        return unsafe result
    }

    func table(_ table: AMQPTable) throws(HandleError) -> amqp_table_t {
        if table.isEmpty { return unsafe amqp_table_t(num_entries: 0, entries: nil) }
        let entries = try unsafe allocate(amqp_table_entry_t.self, count: table.entries.count)
        for (index, entry) in table.entries.enumerated() {
            let key = try unsafe bytes(entry.key)
            let value = try unsafe value(entry.value)
            unsafe (entries + index).initialize(to: amqp_table_entry_t(key: key, value: value))
        }
        return unsafe amqp_table_t(num_entries: Int32(table.entries.count), entries: entries)
    }

    private func value(_ value: AMQPValue) throws(HandleError) -> amqp_field_value_t {
        var field = unsafe amqp_field_value_t()
        switch value {
        case .bool(let value):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            unsafe field.value.boolean = value ? 1 : 0
        case .int32(let value):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_I32.rawValue)
            unsafe field.value.i32 = value
        case .int64(let value):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            unsafe field.value.i64 = value
        case .double(let value):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_F64.rawValue)
            unsafe field.value.f64 = value
        case .string(let text):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            unsafe field.value.bytes = try bytes(text)
        case .bytes(let array):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_BYTES.rawValue)
            unsafe field.value.bytes = try bytes(array)
        case .timestamp(let seconds):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TIMESTAMP.rawValue)
            unsafe field.value.u64 = UInt64(max(seconds, 0))
        case .array(let values):
            let fields = try unsafe allocate(amqp_field_value_t.self, count: values.count)
            for (index, element) in values.enumerated() {
                unsafe (fields + index).initialize(to: try self.value(element))
            }
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_ARRAY.rawValue)
            unsafe field.value.array = amqp_array_t(num_entries: Int32(values.count), entries: fields)
        case .table(let table):
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_TABLE.rawValue)
            unsafe field.value.table = try self.table(table)
        case .void:
            unsafe field.kind = UInt8(AMQP_FIELD_KIND_VOID.rawValue)
        }
        return unsafe field
    }

    private func copy(_ source: UnsafeRawBufferPointer) -> amqp_bytes_t? {
        guard source.count > 0 else { return unsafe amqp_bytes_t(len: 0, bytes: nil) }
        guard let target = unsafe amqp_pool_alloc(pool, source.count) else { return nil }
        unsafe UnsafeMutableRawBufferPointer(start: target, count: source.count).copyMemory(from: source)
        return unsafe amqp_bytes_t(len: source.count, bytes: target)
    }

    private func allocate<T>(_ type: T.Type, count: Int) throws(HandleError) -> UnsafeMutablePointer<T> {
        // One at least, because the library returns NULL for nothing too. The arena aligns to 8 bytes.
        guard let memory = unsafe amqp_pool_alloc(pool, max(count, 1) * MemoryLayout<T>.stride) else {
            throw .library(status: AMQP_STATUS_NO_MEMORY.rawValue)
        }
        return unsafe memory.bindMemory(to: type, capacity: max(count, 1))
    }
}
