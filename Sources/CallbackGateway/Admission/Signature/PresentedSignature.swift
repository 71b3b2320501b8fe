internal import NIOHTTP1

/// What a request brings of a signature.
enum PresentedSignature: Equatable {
    /// Neither a time nor a signature.
    case none
    /// One of the two.
    case incomplete
    /// Something that no platform writes.
    case malformed
    /// A time, as it is written and in seconds, and the 16 bytes of a signature.
    case signed(timestamp: String, seconds: Int64, digest: [UInt8])

    init(_ headers: HTTPHeaders) {
        // Fields that are there twice are joined with a comma, and so malformed.
        self.init(
            timestamp: headers.joined(CallbackSignature.timestampField),
            signature: headers.joined(CallbackSignature.signatureField)
        )
    }

    init(timestamp: String?, signature: String?) {
        switch (timestamp, signature) {
        case (nil, nil):
            self = .none
        case (nil, _), (_, nil):
            self = .incomplete
        case (let timestamp?, let signature?):
            guard (1...12).contains(timestamp.utf8.count),
                timestamp.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
                let seconds = Int64(timestamp), let digest = Self.bytes(hexadecimal: signature)
            else {
                self = .malformed
                return
            }
            self = .signed(timestamp: timestamp, seconds: seconds, digest: digest)
        }
    }

    /// 16 bytes of 32 hexadecimal digits of either case.
    private static func bytes(hexadecimal text: String) -> [UInt8]? {
        guard text.utf8.count == 32 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var high: UInt8?
        for byte in text.utf8 {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}
