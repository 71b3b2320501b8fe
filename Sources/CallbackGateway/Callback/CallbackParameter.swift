/// A parameter of the platform's on-demand callback. The platform sends these five.
enum CallbackParameter: String, ParameterName {
    case domain
    case app
    case stream
    case vbitrate
    case codec

    var takesNumber: Bool { self == .vbitrate }

    /// `null` is an odd bit rate or codec, and is noted as one.
    var takesNull: Bool { false }
}
