/// What can go wrong while playing the platform.
///
/// The description names the setting or the kind of failure, never what the server sent.
public struct PlatformSimulatorError: Error, Sendable, Hashable {
    /// The kind of an error.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case invalidTarget
            case invalidPlan
            case noAnswer
        }

        private let base: Base

        /// The URL is not one that can be asked; the message says why.
        public static let invalidTarget = Self(base: .invalidTarget)
        /// A value of the load plan is out of its range; the message names it.
        public static let invalidPlan = Self(base: .invalidPlan)
        /// No attempt brought an answer; ``PlatformSimulatorError/failure`` says why the last one did not.
        public static let noAnswer = Self(base: .noAnswer)

        /// The name of the code.
        public var description: String { base.rawValue }
    }

    /// The kind of this error.
    public let code: Code
    /// What is wrong, for a person.
    public let message: String
    /// Why the last attempt failed, for ``Code/noAnswer``.
    public let failure: CallbackFailure?

    init(_ code: Code, _ message: String, failure: CallbackFailure? = nil) {
        self.code = code
        self.message = message
        self.failure = failure
    }

    static func noAnswer(_ failure: CallbackFailure) -> Self {
        Self(.noAnswer, "no answer: \(failure.rawValue)", failure: failure)
    }
}

extension PlatformSimulatorError: CustomStringConvertible {
    /// The code and what is wrong; safe to log.
    public var description: String { "\(code): \(message)" }
}
