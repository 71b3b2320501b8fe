import DecisionCore

extension Notice {
    /// A notice of this id and time, whatever it tells.
    static func example(_ content: Content) -> Notice {
        Notice(id: .example, receivedAt: Timestamp(millisecondsSinceEpoch: 1_700_000_000_123), content: content)
    }

    /// The status callback of the platform's documentation.
    static let recordingStatus = example(
        .recordingStatus(
            RecordingStatus(domain: "gs_domain", app: "gs_app", stream: "gs_stream", event: .started)
        )
    )

    /// The body of ``recordingStatus``.
    static let recordingStatusBody = """
        {"schema":1,"kind":"recording_status","id":"018bcfe5-6800-7abc-8123-456789abcdef","received_at":1700000000123,\
        "domain":"gs_domain","app":"gs_app","stream":"gs_stream","event":"record_started"}
        """

    /// The file callback of the platform's documentation.
    static let recordedFile = example(
        .recordedFile(
            RecordedFile(
                domain: "demo.aliyundoc.com",
                app: "liveApp",
                stream: "liveStream",
                uri: "liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv",
                durationMilliseconds: 69_403,
                startTime: 1_488_985_786,
                stopTime: 1_488_985_840,
                pushArguments: ["callback_myid": "1231389741", "callback_args1": "value1"]
            )
        )
    )

    /// The body of ``recordedFile``.
    static let recordedFileBody = """
        {"schema":1,"kind":"recorded_file","id":"018bcfe5-6800-7abc-8123-456789abcdef","received_at":1700000000123,\
        "domain":"demo.aliyundoc.com","app":"liveApp","stream":"liveStream",\
        "uri":"liveApp/liveStream/0_2017-03-08-23:09:46_2017-03-08-23:10:40.flv","duration_ms":69403,\
        "start_time":1488985786,"stop_time":1488985840,\
        "push_args":{"callback_args1":"value1","callback_myid":"1231389741"}}
        """

    /// The ingest callback of the platform's documentation.
    static let ingest = example(
        .ingest(
            IngestStatus(
                action: .publish,
                ingestDomain: "example.aliyundoc.com",
                app: "liveApp",
                stream: "world",
                time: 1_609_220_385,
                clientIP: "192.168.XX.XX",
                pushArguments: "{user args}",
                node: "cdnvideocenter010207116011.cm3",
                height: 720,
                width: 1_280
            )
        )
    )

    /// The body of ``ingest``.
    static let ingestBody = """
        {"schema":1,"kind":"ingest","id":"018bcfe5-6800-7abc-8123-456789abcdef","received_at":1700000000123,\
        "action":"publish","ingest_domain":"example.aliyundoc.com","app":"liveApp","stream":"world","time":1609220385,\
        "client_ip":"192.168.XX.XX","usrargs":"{user args}","node":"cdnvideocenter010207116011.cm3","height":720,\
        "width":1280}
        """
}
