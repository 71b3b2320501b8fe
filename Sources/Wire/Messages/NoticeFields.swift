internal import DecisionCore

/// The members of a notice's body as they are read, before it is known whether they make a notice.
struct NoticeFields {
    private var texts: [String: String] = [:]
    private var numbers: [String: Int64] = [:]
    private var pushArguments: [(name: String, value: String)]?

    mutating func read(_ name: String, from reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "kind", "id", "domain", "app", "stream", "event", "uri", "action", "ingest_domain", "client_ip", "usrargs",
            "node":
            texts[name] = try reader.readString()
        case "received_at", "duration_ms", "start_time", "stop_time", "time", "height", "width":
            numbers[name] = try reader.readInteger()
        case "push_args":
            var arguments: [(name: String, value: String)] = []
            try reader.readObject { (reader, name) throws(JSONError) in
                arguments.append((name, try reader.readString()))
            }
            pushArguments = arguments
        default: try reader.skipValue()
        }
    }

    func notice() throws(WireError) -> Notice {
        guard let id = EventID(try Schema.require(texts["id"], "id")) else { throw WireError(.invalidField, "id") }
        let receivedAt = try Schema.require(numbers["received_at"], "received_at")
        return Notice(
            id: id,
            receivedAt: Timestamp(millisecondsSinceEpoch: receivedAt),
            content: try content()
        )
    }

    private func content() throws(WireError) -> Notice.Content {
        guard let kind = Notice.Kind(rawValue: try Schema.require(texts["kind"], "kind")) else {
            throw WireError(.invalidField, "kind")
        }
        switch kind {
        case .recordingStatus: return .recordingStatus(try recordingStatus())
        case .recordedFile: return .recordedFile(try recordedFile())
        case .ingest: return .ingest(try ingest())
        }
    }

    private func recordingStatus() throws(WireError) -> RecordingStatus {
        RecordingStatus(
            domain: try name("domain"),
            app: try name("app"),
            stream: try name("stream"),
            event: RecordingStatus.Event(rawValue: try name("event"))
        )
    }

    private func recordedFile() throws(WireError) -> RecordedFile {
        RecordedFile(
            domain: try name("domain"),
            app: try name("app"),
            stream: try name("stream"),
            uri: try Schema.name(texts["uri"], "uri", maximumLength: RecordedFile.maximumURILength),
            durationMilliseconds: Int(
                try number("duration_ms", in: 0...Int64(RecordedFile.maximumDuration))
            ),
            startTime: try number("start_time", in: Notice.timeRange),
            stopTime: try number("stop_time", in: Notice.timeRange),
            pushArguments: try arguments()
        )
    }

    private func ingest() throws(WireError) -> IngestStatus {
        guard let action = IngestStatus.Action(rawValue: try Schema.require(texts["action"], "action")) else {
            throw WireError(.invalidField, "action")
        }
        return IngestStatus(
            action: action,
            ingestDomain: try name("ingest_domain"),
            app: try name("app"),
            stream: try name("stream"),
            time: try number("time", in: Notice.timeRange),
            clientIP: try optionalName("client_ip"),
            pushArguments: try text("usrargs"),
            node: try optionalName("node"),
            height: try pixels("height"),
            width: try pixels("width")
        )
    }

    private func name(_ field: String) throws(WireError) -> String {
        try Schema.name(texts[field], field)
    }

    private func optionalName(_ field: String) throws(WireError) -> String? {
        texts[field] == nil ? nil : try name(field)
    }

    private func text(_ field: String) throws(WireError) -> String? {
        guard let text = texts[field] else { return nil }
        guard !text.utf8.contains(0) else { throw WireError(.invalidField, field) }
        return text
    }

    private func number(_ field: String, in range: ClosedRange<Int64>) throws(WireError) -> Int64 {
        let number = try Schema.require(numbers[field], field)
        guard range.contains(number) else { throw WireError(.invalidField, field) }
        return number
    }

    private func pixels(_ field: String) throws(WireError) -> Int? {
        guard let number = numbers[field] else { return nil }
        guard let pixels = Int(exactly: number), IngestStatus.pixelRange.contains(pixels) else {
            throw WireError(.invalidField, field)
        }
        return pixels
    }

    private func arguments() throws(WireError) -> [String: String] {
        let given = try Schema.require(pushArguments, "push_args")
        guard given.count <= RecordedFile.maximumPushArguments else { throw WireError(.invalidField, "push_args") }
        var arguments: [String: String] = [:]
        for (name, value) in given {
            guard !value.utf8.contains(0) else { throw WireError(.invalidField, "push_args") }
            arguments[try Schema.name(name, "push_args")] = value
        }
        return arguments
    }
}
