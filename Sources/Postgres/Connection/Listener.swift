/// Who gets the notifications of a channel.
struct Listener {
    let channel: String
    let continuation: AsyncStream<PostgresNotification>.Continuation
}
