import ArgumentParser
import CallbackGateway
import Foundation
import Logging
import TestSupport
import Testing
import Wire

@testable import needrecord

/// Where settings come from. Every setting is given a value that is refused, and the refusal tells which was read.
@Suite struct SettingSourcesTests {
    /// A value that no setting takes; names and hosts take anything but what is too long.
    private func badValue(_ setting: Setting, from source: String) -> String {
        switch setting {
        case .httpHost, .opsHost, .gatewayName, .workerName, .auditorName, .topologyNamespace, .migrationsDirectory,
            .journalDirectory, .authFile, .httpTLSCertificateFile, .httpTLSKeyFile:
            source + String(repeating: "x", count: 4_097)
        default: source
        }
    }

    private func decide(_ more: [String], _ settings: [String: String] = [:]) async throws -> NeedRecordRun {
        let question = ["decide", "--domain", "d", "--app", "a", "--stream", "s"]
        return try await NeedRecordRun.run(question + more, settings: settings)
    }

    private func expectRefusal(of setting: Setting, from source: String, _ run: NeedRecordRun) {
        #expect(run.status == 78)
        #expect(run.text.contains("needrecord: \(setting.key) (\(setting.environmentVariable))"), "\(run.text)")
        #expect(run.text.contains("must be"))
        #expect(run.text.contains("is \"\(source)") == !setting.isSecret, "\(run.text)")
    }

    /// A YAML file with one setting, such as `http:\n  port: x`.
    private func yaml(_ setting: Setting, _ value: String) -> String {
        let parts = setting.key.split(separator: ".")
        return "\(parts[0]):\n  \(parts[1]): \(value)\n"
    }

    @Test(arguments: Setting.allCases)
    func `The environment beats a file`(setting: Setting) async throws {
        try await withFile(yaml(setting, badValue(setting, from: "file")), suffix: ".yaml") { file in
            let environment = [setting.environmentVariable: badValue(setting, from: "environment")]
            expectRefusal(of: setting, from: "environment", try await decide(["--config", file], environment))
        }
    }

    @Test(arguments: Setting.allCases.filter { !$0.isSecret })
    func `A file is read`(setting: Setting) async throws {
        let value = badValue(setting, from: "file")
        try await withFile(yaml(setting, value), suffix: ".yaml") { file in
            let error = #expect(throws: SettingError.self) {
                try SettingsOptions.parse(["--config", file]).settings()
            }
            #expect(error == SettingError(setting, value: value, demand(in: error)))
        }
    }

    private func demand(in error: SettingError?) -> String {
        error?.description.components(separatedBy: "must be ").last ?? ""
    }

    @Test(arguments: [Setting.httpPort, .answerBudget, .logLevel, .amqpURL, .databaseURL])
    func `A flag beats both`(setting: Setting) async throws {
        try await withFile(yaml(setting, "file"), suffix: ".yml") { file in
            let arguments = ["--config", file, "--set", "\(setting.key)=flag"]
            expectRefusal(
                of: setting,
                from: "flag",
                try await decide(arguments, [setting.environmentVariable: "environment"])
            )
        }
    }

    @Test(arguments: [
        ("gateway", "--http-port", "flag", Setting.httpPort),
        ("serve", "--ops-port", "70000", .opsPort),
        ("worker", "--answer-budget", "9s", .answerBudget),
        ("serve", "--log-level", "loud", .logLevel),
        ("migrate", "--amqp-url", "http://u:hidden@h/", .amqpURL),
        ("doctor", "--database-url", "mysql://u:hidden@h/", .databaseURL),
    ])
    func `A setting with a flag of its own can be set by it`(
        command: String,
        flag: String,
        value: String,
        setting: Setting
    ) async throws {
        let run = try await NeedRecordRun.run(
            command,
            flag,
            value,
            settings: [setting.environmentVariable: "environment"]
        )
        // A port that is no number is a wrong command line, and not a wrong setting.
        #expect(run.status == (value == "flag" ? 64 : 78), "\(run.text)")
        #expect(run.text.contains(value == "flag" ? flag : setting.key))
        #expect(!run.text.contains("hidden"))
    }

    @Test func `A file may be YAML or JSON, with numbers and lists as such`() async throws {
        let files = [
            (".yaml", "http:\n  port: 1234\n  paths: [/a, /b]\nlog:\n  level: error\nanswer:\n  budget: 3s\n"),
            (
                ".json",
                #"{"http":{"port":1234,"paths":["/a","/b"]},"log":{"level":"error"},"answer":{"budget":"3s"}}"#
            ),
        ]
        for (suffix, text) in files {
            try await withFile(text, suffix: suffix) { file in
                let settings = try SettingsOptions.parse(["--config", file]).settings()
                #expect(settings.gateway.port == 1_234)
                #expect(settings.gateway.paths == ["/a", "/b"])
                #expect(settings.logLevel == .error)
                #expect(settings.topology.answerBudget == .seconds(3))
            }
        }
    }

    @Test(arguments: [
        (Setting.httpPort, "true"), (.httpPort, "8080.5"), (.httpPort, "[1, 2]"), (.httpPort, "\"\""),
        (.answerBudget, "4"), (.answerBudget, "false"), (.httpPaths, "[1, 2]"), (.logLevel, "[info, debug]"),
        (.tracingSampleRatio, "true"),
    ])
    func `A value of another type in a file is refused`(setting: Setting, value: String) async throws {
        let parts = setting.key.split(separator: ".")
        let json = "{\"\(parts[0])\": {\"\(parts[1])\": \(value == "[info, debug]" ? "[\"info\", \"debug\"]" : value)}}"
        for (text, suffix) in [(yaml(setting, value), ".yaml"), (json, ".json")] {
            try await withFile(text, suffix: suffix) { file in
                let error = #expect(throws: SettingError.self) {
                    try SettingsOptions.parse(["--config", file]).settings()
                }
                #expect(error?.description.contains(setting.key) == true)
            }
        }
    }

    @Test(arguments: [(".json", "{"), (".json", "[1]"), (".yaml", "a: [")])
    func `A file that cannot be read is refused by its name`(suffix: String, text: String) async throws {
        try await withFile(text, suffix: suffix) { file in
            let run = try await decide(["--config", file])
            #expect(run.status == 78)
            #expect(run.text.contains(file))
        }
        let run = try await decide(["--config", "/nowhere\(suffix)"])
        #expect(run.status == 78)
        #expect(run.text.contains("/nowhere\(suffix)"))
    }

    @Test func `An unknown key of --set is refused`() async throws {
        let run = try await decide(["--set", "http.prot=1"])
        #expect(run.status == 78)
        #expect(run.text.contains("http.prot"))
    }

    @Test func `A secret may stand in a file of its own, and never in two places`() async throws {
        try await ProductDatabase.with { database in
            func list(_ settings: [String: String]) async throws -> NeedRecordRun {
                try await NeedRecordRun.run("rules", "list", settings: settings)
            }
            try await withFile(database.url + "\n", suffix: ".url") { file in
                let settings = ["NEEDRECORD_DATABASE_URL": "", "NEEDRECORD_DATABASE_URL_FILE": file]
                let run = try await list(settings)
                #expect(run.status == 0, "\(run.text)")
                let twice = try await list(settings.merging(database.settings) { $1 })
                #expect(twice.status == 78)
                #expect(twice.text.contains("left out where database.url is given"), "\(twice.text)")
            }
            try await withFile("one\ntwo\n", suffix: ".url") { file in
                let run = try await list(["NEEDRECORD_DATABASE_URL": "", "NEEDRECORD_DATABASE_URL_FILE": file])
                #expect(run.status == 78)
                #expect(run.text.contains("database.urlFile (NEEDRECORD_DATABASE_URL_FILE)"), "\(run.text)")
                #expect(run.text.contains("one line"), "\(run.text)")
            }
        }
    }
}
