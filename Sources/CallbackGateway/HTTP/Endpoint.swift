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
    func endpoint(at path: Substring.UTF8View) -> Endpoint? {
        func isAmong(_ paths: [String]) -> Bool { paths.contains { $0.utf8.elementsEqual(path) } }
        if isAmong(paths) { return .onDemand }
        if isAmong(recordingPaths) { return .recording }
        return isAmong(ingestPaths) ? .ingest : nil
    }
}
