/// What the platform asks when a stream is pushed: "shall I record this one?".
public struct CallbackQuestion: Sendable, Hashable {
    /// The application name.
    public var app: String
    /// The play (streaming) domain.
    public var domain: String
    /// The stream name.
    public var stream: String
    /// The video bitrate in kbit/s. Without one, the parameter is left out.
    public var bitrate: Int?
    /// The video codec, `h264` or `h265` from the platform itself. Without one, the parameter is left out.
    public var codec: String?

    /// Creates a question. No value is checked: a simulator must be able to ask nonsense as well.
    public init(app: String, domain: String, stream: String, bitrate: Int? = 2000, codec: String? = "h264") {
        self.app = app
        self.domain = domain
        self.stream = stream
        self.bitrate = bitrate
        self.codec = codec
    }

    /// The query of the request, in the order of the platform's documentation: app, domain, stream, vbitrate, codec.
    public var query: String {
        queryBeforeStream + stream.queryEscaped + queryAfterStream
    }

    /// The request target for a configured callback URL.
    ///
    /// - Parameter path: The URL's path and, if it has one, its query, which the question is then appended to.
    public func requestTarget(path: String) -> String {
        path + (path.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + query
    }

    private var queryBeforeStream: String {
        "app=\(app.queryEscaped)&domain=\(domain.queryEscaped)&stream="
    }

    var queryAfterStream: String {
        var query = ""
        if let bitrate {
            query += "&vbitrate=\(bitrate)"
        }
        if let codec {
            query += "&codec=\(codec.queryEscaped)"
        }
        return query
    }
}
