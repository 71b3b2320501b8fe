/// A parameter of the platform's callback. The platform sends these five; any others are ignored.
enum CallbackParameter: String, CaseIterable {
    case domain
    case app
    case stream
    case vbitrate
    case codec

    /// Without these there is no question; the others only describe the stream and never cost a recording.
    var isRequired: Bool {
        switch self {
        case .domain, .app, .stream: true
        case .vbitrate, .codec: false
        }
    }
}
