internal import NIOHTTP1

extension HTTPReply {
    /// A callback is not admitted.
    static func refused(_ reason: RefusalReason) -> HTTPReply {
        var reply = error(reason.status, code: reason.rawValue, message: reason.message)
        // RFC 9110 wants every 401 to name a scheme; there is none of HTTP's own for what the platform does.
        if reason.status == .unauthorized {
            reply.headers.add(name: "WWW-Authenticate", value: #"ALI-LIVE realm="callbacks""#)
        }
        return reply
    }
}

extension RefusalReason {
    fileprivate var status: HTTPResponseStatus {
        switch self {
        case .networkNotAllowed, .domainNotListed: .forbidden
        default: .unauthorized
        }
    }

    fileprivate var message: String {
        switch self {
        case .networkNotAllowed: "callbacks are not taken from this address"
        case .secretMissing: "the path must end with a secret"
        case .secretInvalid: "the path ends with another secret"
        case .domainNotListed: "callbacks of this domain are not taken"
        case .signatureMissing: "ALI-LIVE-TIMESTAMP and ALI-LIVE-SIGNATURE must be given"
        case .signatureMalformed: "ALI-LIVE-TIMESTAMP must be in seconds, and ALI-LIVE-SIGNATURE 32 hexadecimal digits"
        case .signatureInvalid: "ALI-LIVE-SIGNATURE is not the domain's"
        case .timestampOutOfTolerance: "ALI-LIVE-TIMESTAMP is too far from now"
        case .signatureReplayed: "ALI-LIVE-SIGNATURE was first used too long ago"
        }
    }
}
