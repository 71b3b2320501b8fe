internal import DecisionCore

/// The members of a recording callback, which is one of two kinds: that a recording has begun, paused, gone on or
/// failed, or that a file is complete.
struct RecordingFields {
    private var parameters = ParameterSet<RecordingParameter>()
    private let pushArguments: PushArguments

    /// Reads a body. Members that neither callback has are ignored.
    ///
    /// - Throws: ``BadCallback`` when the body is not one JSON object, whatever is in `push_args`.
    init(json body: [UInt8]) throws(BadCallback) {
        pushArguments = PushArguments(body)
        try parameters.addJSON(pushArguments.rest)
    }

    /// What was told. Nothing but `event` or `uri` tells the two kinds apart: there is no field for it.
    ///
    /// - Throws: ``BadCallback`` that names the first member at fault.
    func content(receivedAt: Timestamp) throws(BadCallback) -> Notice.Content {
        switch (parameters.isGiven(.event), parameters.isGiven(.uri)) {
        case (true, false): return .recordingStatus(try status())
        case (false, true): return .recordedFile(try file(in: Notice.timeRange(receivedAt: receivedAt)))
        case (true, true): throw BadCallback(.contradictory, field: "event", "both event and uri are given")
        case (false, false): throw BadCallback(.missing, field: "event", "neither event nor uri is given")
        }
    }

    /// The play domain that it is about.
    ///
    /// - Throws: ``BadCallback`` when it has none that is right.
    func domain() throws(BadCallback) -> String {
        try parameters.text(.domain)
    }

    private func status() throws(BadCallback) -> RecordingStatus {
        RecordingStatus(
            domain: try parameters.text(.domain),
            app: try parameters.text(.app),
            stream: try parameters.text(.stream),
            event: RecordingStatus.Event(rawValue: try parameters.text(.event))
        )
    }

    private func file(in times: ClosedRange<Int64>) throws(BadCallback) -> RecordedFile {
        let file = RecordedFile(
            domain: try parameters.text(.domain),
            app: try parameters.text(.app),
            stream: try parameters.text(.stream),
            uri: try parameters.text(.uri, maximumLength: RecordedFile.maximumURILength),
            durationMilliseconds: try duration(),
            startTime: try parameters.wholeNumber(.startTime, in: times),
            stopTime: try parameters.wholeNumber(.stopTime, in: times),
            pushArguments: pushArguments.arguments
        )
        guard file.startTime <= file.stopTime else {
            throw parameters.fault(.outOfRange, .stopTime, "is before start_time")
        }
        return file
    }

    /// Seconds with a fraction, such as 69.403, to whole milliseconds.
    private func duration() throws(BadCallback) -> Int {
        let text = try parameters.text(.duration)
        // Double's own reader would take hexadecimal and infinite ones.
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let seconds = Double(text)
        else { throw parameters.fault(.wrongType, .duration, "is not a number") }
        let milliseconds = (seconds * 1_000).rounded()
        let longest = RecordedFile.maximumDuration
        guard (0...Double(longest)).contains(milliseconds) else {
            throw parameters.fault(.outOfRange, .duration, "is not from 0 to \(longest / 1_000) seconds")
        }
        return Int(milliseconds)
    }
}
