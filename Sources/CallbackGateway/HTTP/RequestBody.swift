internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore

/// The body of a request, whole.
struct RequestBody {
    /// What it is by its `Content-Type`; nil when there is neither a type nor a body.
    let type: MediaType?
    /// Its bytes.
    let bytes: ByteBuffer

    /// Waits for the body.
    ///
    /// - Parameters:
    ///   - request: The request that it belongs to.
    ///   - maximumLength: The most bytes.
    ///   - types: What it may be.
    /// - Throws: ``RequestRefusal`` when it is too long or something else, or an error when the connection ends first.
    init(of request: Request, maximumLength: Int, types: [MediaType]) async throws {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > maximumLength {
            throw RequestRefusal(.bodyTooLong(limit: maximumLength))
        }
        do {
            bytes = try await request.body.collect(upTo: maximumLength)
        } catch is NIOTooManyBytesError {
            throw RequestRefusal(.bodyTooLong(limit: maximumLength))
        }
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

    private static func mediaType(of request: Request) -> String? {
        guard let type = request.headers[.contentType] else { return nil }
        let end = type.firstIndex(of: ";") ?? type.endIndex
        return String(type[..<end].filter { $0 != " " && $0 != "\t" }).lowercased()
    }
}
