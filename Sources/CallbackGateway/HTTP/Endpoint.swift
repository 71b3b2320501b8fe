/// What a path takes.
enum Endpoint {
    /// The question whether to record a stream.
    case onDemand
    /// Notices of recordings and their files.
    case recording
    /// Notices of streams that begin and end.
    case ingest
}

extension GatewayConfiguration {
    /// What a path takes, compared byte by byte; nil when there is nothing under it.
    ///
    /// A slash at the end makes no other path of one that takes notices: a notice is not lost for it.
    func endpoint(at path: Substring.UTF8View) -> Endpoint? {
        if paths.contains(where: { $0.utf8.elementsEqual(path) }) { return .onDemand }
        let path = path.withoutTrailingSlash
        func isAmong(_ paths: [String]) -> Bool {
            paths.contains { $0[...].utf8.withoutTrailingSlash.elementsEqual(path) }
        }
        if isAmong(recordingPaths) { return .recording }
        return isAmong(ingestPaths) ? .ingest : nil
    }
}

extension Substring.UTF8View {
    fileprivate var withoutTrailingSlash: Substring.UTF8View {
        last == UInt8(ascii: "/") ? dropLast() : self
    }
}
