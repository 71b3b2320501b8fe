// `withUnsafeBytes` throws any error; these throw the one that the body throws.
extension [UInt8] {
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = withUnsafeBytes { bytes in
            Swift.Result { () throws(Failure) in try body(bytes) }
        }
        return try outcome.get()
    }

    mutating func withBytes<Result, Failure: Error>(
        in range: Range<Int>,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = withUnsafeMutableBytes { bytes in
            Swift.Result { () throws(Failure) in try body(UnsafeMutableRawBufferPointer(rebasing: bytes[range])) }
        }
        return try outcome.get()
    }
}
