import Configuration
import SystemPackage

/// Reads settings one by one, and refuses a value that is malformed or out of range, by key and value.
struct SettingReader {
    private let reader: ConfigReader

    init(_ reader: ConfigReader) {
        self.reader = reader
    }

    /// The text of a setting; nil when it is not set.
    func text(_ setting: Setting) -> String? {
        reader.string(forKey: ConfigKey(setting.key), isSecret: setting.isSecret)
    }

    private func textOrDefault(_ setting: Setting) -> String {
        text(setting) ?? setting.defaultValue
    }

    func string(_ setting: Setting, maximumLength: Int = 255) throws(SettingError) -> String {
        let text = textOrDefault(setting)
        guard (1...maximumLength).contains(text.utf8.count) else {
            throw SettingError(setting, value: text, "1 to \(maximumLength) bytes long")
        }
        return text
    }

    /// A text that may stand in a file of its own, as container platforms hand out secrets. A line's end after it is no
    /// part of it.
    func secret(_ setting: Setting, orFile fileSetting: Setting) throws(SettingError) -> String {
        guard text(fileSetting) != nil else { return try string(setting, maximumLength: 4_096) }
        let path = try string(fileSetting, maximumLength: 4_096)
        guard text(setting) ?? "" == "" else {
            throw SettingError(fileSetting, value: path, "left out where \(setting.key) is given")
        }
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            bytes = try file.closeAfter { try file.readAll(upTo: 8_192) }
        } catch {
            throw SettingError(fileSetting, value: path, "a file that can be read: \(error)")
        }
        let lines = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D })
        guard lines.count == 1, lines[0].count <= 4_096, let text = String(validating: lines[0], as: UTF8.self) else {
            throw SettingError(fileSetting, value: path, "a file with one line of 1 to 4096 bytes in it")
        }
        return text
    }

    func integer(_ setting: Setting, in range: ClosedRange<Int>) throws(SettingError) -> Int {
        let text = textOrDefault(setting)
        guard let number = Int(text), range.contains(number) else {
            throw SettingError(setting, value: text, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    func fraction(_ setting: Setting) throws(SettingError) -> Double {
        let text = textOrDefault(setting)
        guard let number = Double(text), (0...1).contains(number) else {
            throw SettingError(setting, value: text, "a number from 0 to 1")
        }
        return number
    }

    /// The address of a server over HTTP; nil when none is set.
    func httpURL(_ setting: Setting) throws(SettingError) -> String? {
        guard let text = text(setting) else { return nil }
        let rest = ["http://", "https://"].compactMap { text.hasPrefix($0) ? text.dropFirst($0.count) : nil }.first
        guard text.utf8.count <= 4_096, let rest, let first = rest.first, first != "/",
            !rest.contains(where: { "?#@".contains($0) || $0.isWhitespace })
        else {
            let shown = LogSecrets.hidden(in: text)
            throw SettingError(setting, value: shown, "such as http://127.0.0.1:4318, without user, query or fragment")
        }
        return text
    }

    func duration(_ setting: Setting, in range: ClosedRange<Duration>) throws(SettingError) -> Duration {
        let text = textOrDefault(setting)
        guard let duration = Duration(text: text), range.contains(duration) else {
            throw SettingError(
                setting,
                value: text,
                "a duration such as 4s or 250ms, from \(range.lowerBound.text) to \(range.upperBound.text)"
            )
        }
        return duration
    }

    func choice<Choice: RawRepresentable & CaseIterable>(
        _ setting: Setting,
        of type: Choice.Type
    ) throws(SettingError) -> Choice where Choice.RawValue == String {
        let text = textOrDefault(setting)
        guard let choice = Choice(rawValue: text) else {
            throw SettingError(setting, value: text, "one of " + type.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }

    /// - Parameter others: Settings of paths; each path takes one kind of callback.
    func paths(_ setting: Setting, not others: [Setting] = []) throws(SettingError) -> [String] {
        let text = textOrDefault(setting)
        let paths = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard paths.allSatisfy({ $0.hasPrefix("/") && !$0.contains("?") }) else {
            throw SettingError(setting, value: text, "paths that begin with /, separated by commas")
        }
        for other in others {
            let taken = try self.paths(other)
            if let path = paths.first(where: taken.contains) {
                throw SettingError(setting, value: text, "without the path \"\(path)\", which \(other.key) has")
            }
        }
        return paths
    }
}
