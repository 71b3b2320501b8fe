/// A setting that cannot be used; the program does not start with one.
struct SettingError: Error, Equatable, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - setting: The one at fault.
    ///   - value: Its value, which is not shown when it is a secret.
    ///   - demand: What it has to be.
    init(_ setting: Setting, value: String, _ demand: String) {
        let shown = setting.isSecret ? "" : " is \"\(value)\" and"
        description = "\(setting.key) (\(setting.environmentVariable))\(shown) must be \(demand)"
    }

    init(_ description: String) {
        self.description = description
    }
}
