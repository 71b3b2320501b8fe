/// A parameter of the platform's stream ingest callback.
enum IngestParameter: String, ParameterName {
    case action
    /// The ingest domain, and not the application.
    case app
    /// The application.
    case appname
    /// The stream.
    case id
    case time
    case ip
    case usrargs
    case node
    case height
    case width

    /// The example of the platform's documentation writes `ip`, and the table of an older edition `IP`.
    init?(named name: String) {
        self.init(rawValue: name == "IP" ? "ip" : name)
    }

    var takesNumber: Bool {
        switch self {
        case .time, .height, .width: true
        default: false
        }
    }

    /// The platform writes the pusher's query near the end.
    var mayHoldQuery: Bool { self == .usrargs }

    var takesNull: Bool {
        switch self {
        case .action, .app, .appname, .id, .time: false
        case .ip, .usrargs, .node, .height, .width: true
        }
    }
}
