/// A secret that a callback's path ends with, such as `/callbacks/on-demand/SECRET`: for senders that cannot sign.
struct SecretPath: Sendable, Equatable {
    /// Whether the secret is demanded.
    var mode = AdmissionMode.off
    /// Each of these is right: two while one takes the place of the other.
    var secrets: [Secret] = []

    /// Whether these bytes are one of the secrets. All are compared, whichever is right.
    func matches(_ segment: some Collection<UInt8>) -> Bool {
        var isMatch = false
        for secret in secrets where secret.matches(segment) { isMatch = true }
        return isMatch
    }
}
