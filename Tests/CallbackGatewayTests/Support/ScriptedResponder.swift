import NIOCore
import NIOHTTP1

@testable import CallbackGateway

/// Refuses `/refused`, and `/last` for good, takes 16 bytes of body for `/16` and none for others, and answers when it is
/// told to, but `/at-once` at once.
final class ScriptedResponder: HTTPResponder {
    typealias ReplyHandler = @Sendable (HTTPReply) -> Void

    let asked: NIOLoopBoundBox<[String]>
    let bodies: NIOLoopBoundBox<[String]>
    let waiting: NIOLoopBoundBox<[String: ReplyHandler]>

    init(eventLoop: any EventLoop) {
        asked = .makeBoxSendingValue([], eventLoop: eventLoop)
        bodies = .makeBoxSendingValue([], eventLoop: eventLoop)
        waiting = .makeBoxSendingValue([:], eventLoop: eventLoop)
    }

    func begin(_ head: HTTPRequestHead, from peer: NetworkAddress?) -> RequestBeginning {
        asked.value.append(head.uri)
        if head.uri == "/refused" { return .answered(.notFound) }
        if head.uri == "/last" { return .answered(.targetTooLong(limit: 1)) }
        return .taken(Request(path: head.uri, responder: self))
    }

    /// A reply that names the path of its request.
    static func reply(_ path: String) -> HTTPReply {
        var reply = HTTPReply(.ok, body: [])
        reply.headers.add(name: "X-Path", value: path)
        return reply
    }

    struct Request: TakenRequest {
        let path: String
        let responder: ScriptedResponder

        var maximumBodyLength: Int? { path == "/16" ? 16 : nil }

        func bodyTooLong() -> HTTPReply { .bodyTooLong(limit: 16) }

        func finish(_ body: ByteBuffer, onReply: @escaping ReplyHandler) {
            responder.bodies.value.append(String(buffer: body))
            if path == "/at-once" { return onReply(ScriptedResponder.reply(path)) }
            responder.waiting.value[path] = onReply
        }
    }
}
