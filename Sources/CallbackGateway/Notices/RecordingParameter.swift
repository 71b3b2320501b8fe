/// A parameter of the platform's recording callbacks that is one value; `push_args` is an object.
enum RecordingParameter: String, ParameterName {
    case domain
    case app
    case stream
    /// Only the status callback has it.
    case event
    /// Only the file callback has it and the following.
    case uri
    case duration
    case startTime = "start_time"
    case stopTime = "stop_time"

    var takesNumber: Bool {
        switch self {
        case .duration, .startTime, .stopTime: true
        default: false
        }
    }

    /// What tells the two callbacks apart may be spelled out as absent.
    var takesNull: Bool { self == .event || self == .uri }
}
