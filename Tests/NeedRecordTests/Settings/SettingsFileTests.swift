import ArgumentParser
import TestSupport
import Testing

@testable import needrecord

@Suite struct SettingsFileTests {
    private func values(_ text: String, suffix: String = ".yaml") async throws -> [Setting: String] {
        try await withFile(text, suffix: suffix) { try SettingsFile(path: $0).values }
    }

    private func fault(_ text: String, suffix: String = ".yaml") async throws -> String {
        try await withFile(text, suffix: suffix) { path in
            let error = #expect(throws: SettingError.self) { try SettingsFile(path: path) }
            let description = error?.description ?? ""
            #expect(description.hasPrefix("--config \(path)"), "\(description)")
            return String(description.dropFirst("--config \(path)".count))
        }
    }

    @Test(arguments: [
        "http:\n  port: 8443\n  paths: [/a, /b]\ngateway:\n  lateDecisions: off\n  name: 007\njournal:\n  sync: none",
        "http.port: '8443'\nhttp: {paths: '/a,/b'}\ngateway: {lateDecisions: off, name: \"007\"}\njournal.sync: none\n",
        "\u{FEFF}{\"http\":{\"port\":8443,\"paths\":[\"\\/a\",\"/b\"]},\"gateway\":{\"lateDecisions\":\"off\",\n"
            + "\t\"name\":\"007\"},\"journal\":{\"sync\":\"none\"}}",
    ])
    func `A value is taken as it is written`(text: String) async throws {
        let expected: [Setting: String] = [
            .httpPort: "8443", .httpPaths: "/a,/b", .gatewayLateDecisions: "off", .gatewayName: "007",
            .journalSync: "none",
        ]
        #expect(try await values(text) == expected)
    }

    @Test(arguments: [
        "", "# nothing\n", "http:\n", "http:\n  port:\n", "http: {port: null}", "{\"http\": {\"port\": null}}",
    ])
    func `What has no value is not set`(text: String) async throws {
        #expect(try await values(text) == [:])
    }

    @Test(arguments: [
        ("http:\n  port: 1\n  prot: 2\n", ", line 3: there is no setting \"http.prot\""),
        ("htpp:\n  port: 1\n", ", line 2: there is no setting \"htpp\""),
        ("http: 8080\n", ", line 1: there is no setting \"http\""),
        ("http:\n  port:\n    number: 1\n", ", line 3: http.port must be a value"),
        ("http:\n  paths: [[/a]]\n", ", line 2: http.paths must be a value or a list of values"),
        ("http.port: 1\nhttp:\n  port: 1\n", ", line 3: http.port is there twice"),
        ("http:\n  port: 1\n  port: 2\n", ", line 2: a key is there twice"),
        ("- http\n", ", line 1: must be a mapping"),
        ("http: {port: 1\n", ", line 2: this is no YAML and no JSON"),
        ("http:\n\tport: 1\n", ", line 2: this is no YAML and no JSON"),
        ("[1, 2]: x\n", ", line 1: a key must be a text"),
    ])
    func `A fault is named with its line`(text: String, message: String) async throws {
        let fault = try await fault(text)
        #expect(fault.hasPrefix(message), "\(fault)")
    }

    @Test(arguments: [
        "amqp://u:hidden@h/: 1\n", "amqp://u:hidden@h/\n", "amqp:\n  url: amqp://u:hidden@h/: x: y\n",
        "amqp:\n  hidden-0123456789: amqp://u:hidden@h/\n", "- hidden\n",
    ])
    func `A fault does not show what may be a secret`(text: String) async throws {
        let fault = try await fault(text)
        #expect(!fault.contains("hidden"), "\(fault)")
    }

    @Test func `What is no text, or too long, is refused`() async throws {
        let long = try await fault("#" + String(repeating: "x", count: 1_048_576))
        #expect(long.contains("1048576 bytes"))
        #expect(throws: SettingError.self) { try SettingsFile(path: "/") }
    }
}
