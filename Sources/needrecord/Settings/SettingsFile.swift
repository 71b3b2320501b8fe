import SystemPackage
import Yams

/// A file with settings, in YAML or in JSON, which YAML includes.
///
/// A value is taken as it is written, be it `on`, `4` or `4s`: whether it can be used is for the setting to say. What is
/// no setting is refused, because a key that is misspelled would leave the default in force without a word.
struct SettingsFile {
    /// What is set. A setting whose value is left out, or null, is not.
    private(set) var values: [Setting: String] = [:]

    private let path: String

    private static let maximumLength = 1_048_576

    /// - Throws: ``SettingError`` with the place of the first fault. It does not quote the file, which may hold passwords.
    init(path: String) throws(SettingError) {
        self.path = path
        guard let root = try document() else { return }
        guard root.mapping != nil else { throw fault("must be a mapping, such as http: {port: 8080}", at: root) }
        try read(root, key: "")
    }

    private func document() throws(SettingError) -> Node? {
        let bytes: [UInt8]
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly)
            bytes = try file.closeAfter { try file.readAll(upTo: Self.maximumLength + 1) }
        } catch {
            throw SettingError("--config \(path) cannot be read: \(error)")
        }
        guard bytes.count <= Self.maximumLength, let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingError("--config \(path) must be UTF-8, and \(Self.maximumLength) bytes long at most")
        }
        do {
            return try Yams.compose(yaml: text)
        } catch YamlError.duplicatedKeysInMapping(_, let context) {
            throw SettingError("--config \(path), line \(context.mark.line): a key is there twice")
        } catch YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _)
        {
            throw SettingError("--config \(path), line \(mark.line): this is no YAML and no JSON: \(problem)")
        } catch {
            throw SettingError("--config \(path) is no YAML and no JSON")
        }
    }

    private mutating func read(_ node: Node, key: String) throws(SettingError) {
        if let setting = Setting(rawValue: key) { return try read(node, setting) }
        let isSection = key.isEmpty || Setting.allCases.contains { $0.key.hasPrefix(key + ".") }
        if isSection, Self.isNull(node) { return }
        guard isSection, let members = node.mapping else {
            throw fault("there is no setting \(Self.shown(key)); docs/configuration.md lists them", at: node)
        }
        for (name, member) in members {
            guard let name = name.scalar?.string else { throw fault("a key must be a text", at: name) }
            try read(member, key: key.isEmpty ? name : "\(key).\(name)")
        }
    }

    private mutating func read(_ node: Node, _ setting: Setting) throws(SettingError) {
        if Self.isNull(node) { return }
        let texts =
            if let sequence = node.sequence { sequence.map(\.scalar?.string) } else { [node.scalar?.string] }
        let value = texts.compactMap(\.self).joined(separator: ",")
        guard !texts.contains(nil) else {
            throw fault("\(setting.key) must be a value or a list of values", at: node)
        }
        guard values.updateValue(value, forKey: setting) == nil else {
            throw fault("\(setting.key) is there twice", at: node)
        }
    }

    private func fault(_ message: String, at node: Node) -> SettingError {
        SettingError("--config \(path), line \(node.mark?.line ?? 1): \(message)")
    }

    private static func isNull(_ node: Node) -> Bool {
        node.scalar != nil && node.tag == Tag(.null)
    }

    /// A key as it may be shown: a secret may stand where a key should.
    private static func shown(_ key: String) -> String {
        let isWord = key.utf8.count <= 64 && key.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "." || $0 == "_") }
        return isWord ? "\"\(key)\"" : "of that name"
    }
}
