/// What a rule demands of one name of a callback.
public enum NamePattern: Sendable, Hashable {
    /// Any name; written `*`.
    case any
    /// This name, byte for byte.
    case exact(String)

    /// The longest name, in bytes, that a pattern or a callback may have.
    public static let maximumLength = 255

    /// Reads the written form.
    public init(_ text: String) {
        self = text == "*" ? .any : .exact(text)
    }

    /// The written form.
    public var text: String {
        switch self {
        case .any: "*"
        case .exact(let name): name
        }
    }

    /// True for a pattern that demands one certain name.
    public var isExact: Bool {
        self != .any
    }

    /// Whether `name` is what the pattern demands.
    public func matches(_ name: String) -> Bool {
        switch self {
        case .any: true
        // Names are bytes to the platform: canonically equivalent Unicode spellings are different streams.
        case .exact(let demanded): demanded.utf8.elementsEqual(name.utf8)
        }
    }
}
