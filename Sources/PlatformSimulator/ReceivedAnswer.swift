internal import NIOCore
internal import NIOHTTP1

/// A response as it came in, with no more of its body than the platform reads.
struct ReceivedAnswer: Sendable {
    let head: HTTPResponseHead
    private(set) var body = ByteBuffer()
    private(set) var bodyLength = 0

    init(head: HTTPResponseHead) {
        self.head = head
    }

    mutating func append(_ part: ByteBuffer) {
        bodyLength += part.readableBytes
        let wanted = min(part.readableBytes, CallbackVerdict.bodyLimit - body.readableBytes)
        guard wanted > 0, let part = part.getSlice(at: part.readerIndex, length: wanted) else { return }
        if body.readableBytes == 0 {
            body = part
        } else {
            body.writeImmutableBuffer(part)
        }
    }

    var verdict: CallbackVerdict {
        body.withUnsafeReadableBytes { body in
            CallbackVerdict(
                status: Int(head.status.code),
                isCompressed: isCompressed,
                body: body,
                bodyLength: bodyLength
            )
        }
    }

    private var isCompressed: Bool {
        guard let encoding = head.headers.first(name: "content-encoding") else { return false }
        return encoding.lowercased() != "identity"
    }
}

extension CallbackAnswer {
    init(_ answer: ReceivedAnswer, elapsed: Duration, attempt: Int) {
        self.init(
            status: Int(answer.head.status.code),
            body: Array(answer.body.readableBytesView),
            bodyLength: answer.bodyLength,
            eventID: answer.head.headers.first(name: "X-NeedRecord-Event"),
            elapsed: elapsed,
            attempt: attempt,
            verdict: answer.verdict
        )
    }
}
