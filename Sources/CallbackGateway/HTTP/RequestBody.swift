internal import NIOCore
internal import NIOHTTP1

/// The body of a request, whole.
struct RequestBody {
    /// What it is by its `Content-Type`; nil when there is neither a type nor a body.
    let type: MediaType?
    /// Its bytes.
    let bytes: ByteBuffer

    /// - Parameters:
    ///   - bytes: What has come.
    ///   - request: The request that it belongs to.
    ///   - types: What it may be.
    /// - Throws: ``RequestRefusal`` when it is something else.
    init(_ bytes: ByteBuffer, of request: HTTPRequestHead, types: [MediaType]) throws(RequestRefusal) {
        self.bytes = bytes
        guard let name = Self.mediaType(of: request) else {
            type = nil
            guard bytes.readableBytes == 0 else { throw RequestRefusal(.unsupportedMediaType(allowed: types)) }
            return
        }
        guard let type = MediaType(rawValue: name), types.contains(type) else {
            throw RequestRefusal(.unsupportedMediaType(allowed: types))
        }
        self.type = type
    }

    private static func mediaType(of request: HTTPRequestHead) -> String? {
        guard let type = request.headers.joined("Content-Type") else { return nil }
        let end = type.firstIndex(of: ";") ?? type.endIndex
        return String(type[..<end].filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
