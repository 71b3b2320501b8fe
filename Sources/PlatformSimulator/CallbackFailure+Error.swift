internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

extension CallbackFailure {
    /// Why a connection could not be made.
    init(connecting error: any Error) {
        self =
            switch error {
            case let error as NIOConnectionError:
                // One attempt for each address of a name; the last one speaks for all.
                error.connectionErrors.last.map { Self(connecting: $0.error) } ?? .unreachable
            case let error as IOError where error.errnoCode == ECONNREFUSED:
                .refused
            case let error as IOError where error.errnoCode == ECONNRESET:
                .reset
            case let error as IOError where error.errnoCode == ETIMEDOUT:
                .timeout
            case ChannelError.connectTimeout:
                .timeout
            default:
                .unreachable
            }
    }

    /// Why a connection that was there is of no more use.
    init(using error: any Error) {
        self =
            switch error {
            case is IOError:
                .reset
            case HTTPParserError.invalidEOFState:
                .closed
            default:
                .notHTTP
            }
    }
}
