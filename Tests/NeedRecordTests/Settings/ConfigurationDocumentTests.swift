import Foundation
import TestSupport
import Testing

@testable import needrecord

@Suite struct ConfigurationDocumentTests {
    @Test func `The documentation's table lists every setting with its variable and its default`() throws {
        let file = TestEnvironment.root.appendingPathComponent("docs/configuration.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").compactMap {
            line -> [String]? in
            guard line.hasPrefix("| `") else { return nil }
            return line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
        let byKey = Dictionary(grouping: rows.filter { $0.count > 3 }, by: { $0[0] })
        for setting in Setting.allCases {
            let row = byKey[setting.key]?.first
            #expect(row?[1] == setting.environmentVariable, "\(setting.key)")
            #expect(row?[2] == setting.defaultValue, "\(setting.key)")
            #expect(byKey[setting.key]?.count == 1, "\(setting.key)")
        }
        let documented = byKey.keys.filter { $0.contains(".") }
        #expect(Set(documented).subtracting(Setting.allCases.map(\.key)).isEmpty)
    }
}
