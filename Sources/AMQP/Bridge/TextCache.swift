internal import CLibRabbitMQ
internal import Glibc

/// Remembers the last text of one kind, because the next message nearly always has the same one.
struct TextCache {
    private var last = ""

    mutating func text(_ bytes: amqp_bytes_t) -> String {
        let isSame = last.withUTF8 { utf8 -> Bool in
            let other = unsafe bytes.buffer
            guard utf8.count == other.count else { return false }
            guard let mine = utf8.baseAddress, let theirs = other.baseAddress else { return true }
            return unsafe memcmp(mine, theirs, other.count) == 0
        }
        if !isSame { last = unsafe String(bytes) }
        return last
    }
}

extension String {
    /// Copies text of the wire; bytes that are not UTF-8 become replacement characters.
    init(_ bytes: amqp_bytes_t) {
        self = unsafe String(decoding: bytes.buffer, as: UTF8.self)
    }
}

extension amqp_bytes_t {
    var buffer: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : len)
    }
}
