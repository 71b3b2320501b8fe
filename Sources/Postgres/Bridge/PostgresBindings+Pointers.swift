extension PostgresBindings {
    /// Lends the values as libpq's array of C strings, null for NULL. The pointers are valid inside `body` only.
    func withPointers<Value>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Value) -> Value {
        unsafe bytes.withUnsafeBytes { buffer in
            unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
                let pointers: [UnsafePointer<CChar>?] = unsafe offsets.map { offset in
                    unsafe offset.flatMap { unsafe characters.baseAddress?.advanced(by: $0) }
                }
                return unsafe pointers.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
            }
        }
    }
}
