import Foundation
import TestSupport
import Testing
import Wire

@Suite struct DoctorCommandTests {
    private func severities(_ run: NeedRecordRun) throws -> [String: String] {
        let findings = try #require(run.json?["findings"] as? [[String: String]], "\(run.text)")
        return Dictionary(findings.map { ($0["check"] ?? "", $0["severity"] ?? "") }) { first, _ in first }
    }

    private func doctor(_ settings: [String: String], _ more: String...) async throws -> NeedRecordRun {
        try await NeedRecordRun.run(["doctor"] + more, settings: settings)
    }

    @Test func `Where nothing is at fault the exit code is 0, and what is missing is a warning`() async throws {
        try await ProductDatabase.with { database in
            try await ProductBroker.withTopology { topology in
                var settings = try ServiceProcess.environment(database: database, namespace: topology.namespace)
                let before = try await doctor(settings, "--output", "json")
                #expect(before.status == 0, "\(before.text)")
                #expect(try severities(before)["topology"] == "warning")

                try await ProductBroker.withConnection { try await topology.declare(on: $0) }
                let text = try await doctor(settings)
                #expect(text.status == 0, "\(text.text)")
                #expect(text.text.contains("ok        migrations: "))
                #expect(text.text.contains("Start a worker"))
                let after = try severities(try await doctor(settings, "--output", "json"))
                for check in ["libpq", "broker", "publishing", "database", "login", "clock", "migrations"] {
                    #expect(after[check] == "ok", "\(check)")
                }
                // Which, depends on the machine; each is tested by itself.
                #expect(["ok", "warning"].contains(after["librabbitmq"]))
                for role in ["worker", "operator", "reader"] { #expect(after["role needrecord_\(role)"] == "ok") }

                settings["NEEDRECORD_ANSWER_BUDGET"] = "3s"
                let different = try await doctor(settings, "--output", "json")
                #expect(different.status == 1)
                #expect(try severities(different)["topology"] == "fault")
            }
        }
    }

    @Test(arguments: [
        (nil, "warning", "auth.file"),
        ("signatures: {'*': {mode: required, keys: [0123456789abcdef]}}", "ok", "all others required"),
        ("signatures: {'*': {mode: optional, keys: [0123456789abcdef]}}", "warning", "taken from anybody"),
        ("signatures: {'*': {mode: required}}", "fault", "line 1: signatures.*.keys is missing"),
    ])
    func `The file of keys is looked at`(file: String?, severity: String, text: String) async throws {
        try await withFile(file ?? "", suffix: ".yaml") { path in
            #expect(chmod(path, 0o640) == 0)
            let settings = file == nil ? [:] : ["NEEDRECORD_AUTH_FILE": path]
            let run = try await doctor(settings, "--output", "json")
            #expect(try severities(run)["callback authentication"] == severity)
            #expect(run.text.contains(text), "\(run.text)")
            #expect(!run.text.contains("0123456789abcdef"))
            guard severity == "ok" else { return }
            #expect(try severities(run)["auth.file"] == "ok")
            #expect(chmod(path, 0o644) == 0)
            let open = try await doctor(settings, "--output", "json")
            #expect(try severities(open)["auth.file"] == "warning")
        }
    }

    @Test func `Servers that are away are faults, each with advice`() async throws {
        let run = try await doctor([:])
        #expect(run.status == 1)
        #expect(run.text.contains("FAULT     broker: "))
        #expect(run.text.contains("Is RabbitMQ running there?"))
        #expect(run.text.contains("FAULT     database: "))
        #expect(run.text.contains("Is PostgreSQL running there?"))
    }

    @Test func `A wrong password is told as one`() async throws {
        var broker = try #require(URLComponents(string: TestEnvironment.amqpURL()))
        broker.password = "wrongsecret"
        var database = try #require(URLComponents(string: TestEnvironment.databaseURL()))
        database.password = "wrongsecret"
        let run = try await doctor([
            "NEEDRECORD_AMQP_URL": try #require(broker.string),
            "NEEDRECORD_DATABASE_URL": try #require(database.string),
        ])
        #expect(run.status == 1)
        #expect(run.text.contains("Check user and password in amqp.url"))
        #expect(run.text.contains("Check user and password in database.url"))
    }

    @Test func `A broker that takes nothing is a fault, and is left as it was`() async throws {
        func queues() async throws -> Set<Substring> {
            Set(try await ProductBroker.control("list_queues", "name").split(separator: "\n"))
        }
        let before = try await queues()
        let free = try await doctor(["NEEDRECORD_AMQP_URL": try TestEnvironment.amqpURL()], "--output", "json")
        #expect(try severities(free)["publishing"] == "ok")
        try await ProductBroker.whileShortOfMemory {
            let short = try await doctor(["NEEDRECORD_AMQP_URL": try TestEnvironment.amqpURL()])
            #expect(short.status == 1)
            #expect(short.text.contains("FAULT     publishing: the broker takes nothing: "), "\(short.text)")
            #expect(short.text.contains("memory"))
        }
        #expect(try await queues().subtracting(before).isEmpty)
    }

    @Test func `A database that is not migrated is a fault`() async throws {
        try await ProductDatabase.with(isMigrated: false) { database in
            let run = try await doctor(database.settings, "--output", "json")
            #expect(run.status == 1)
            let severities = try severities(run)
            #expect(severities["database"] == "ok")
            #expect(severities["migrations"] == "fault")
            #expect(run.text.contains("needrecord migrate"))
        }
    }

    // MARK: - The journal

    private func journal(_ settings: [String: String]) async throws -> [String: (severity: String, detail: String)] {
        let run = try await doctor(settings, "--output", "json")
        let findings = try #require(run.json?["findings"] as? [[String: String]], "\(run.text)")
        return Dictionary(findings.map { ($0["check"] ?? "", ($0["severity"] ?? "", $0["detail"] ?? "")) }) { $1 }
    }

    @Test func `A journal's directory that can be made is ok, and is not made`() async throws {
        let directory = TemporaryDirectory()
        let findings = try await journal(["NEEDRECORD_JOURNAL_DIRECTORY": directory.path + "/a/b"])
        #expect(findings["journal"]?.severity == "ok")
        let parent = URL(fileURLWithPath: directory.path).deletingLastPathComponent().path
        #expect(findings["journal"]?.detail.contains("a gateway can make it in \(parent)") == true)
        #expect(!FileManager.default.fileExists(atPath: directory.path))
        #expect(findings["journal space"]?.severity == "ok")
    }

    @Test func `A journal that is in use is ok, and by whom is told`() async throws {
        try await ProductBroker.withTopology { topology in
            let directory = TemporaryDirectory()
            var settings = try ServiceProcess.environment(database: nil, namespace: topology.namespace)
            settings["NEEDRECORD_JOURNAL_DIRECTORY"] = directory.path
            let gateway = try ServiceProcess.start(["gateway"], environment: settings)
            _ = try await gateway.callbackPort()
            let used = try await journal(settings)
            #expect(used["journal"]?.severity == "ok")
            #expect(
                used["journal"]?.detail.hasSuffix("in use by process \(gateway.process.processID) (needrecord)")
                    == true,
                "\(used)"
            )
            #expect(try await gateway.stop() == 0)
            let free = try await journal(settings)
            #expect(free["journal"]?.detail.hasSuffix("and not in use") == true, "\(free)")
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(!names.contains { $0.contains("trial") })
        }
    }

    @Test func `A journal that cannot be written is a fault, and one that may be of no importance a warning`()
        async throws
    {
        let fault = try await journal(["NEEDRECORD_JOURNAL_DIRECTORY": "/proc/self"])
        #expect(fault["journal"]?.severity == "fault", "\(fault)")
        #expect(fault["journal space"] == nil)
        let warning = try await journal(["NEEDRECORD_JOURNAL_DIRECTORY": "/proc/self/journal"])
        #expect(warning["journal"]?.severity == "warning", "\(warning)")
        // A file is no directory.
        let file = try await journal(["NEEDRECORD_JOURNAL_DIRECTORY": TestEnvironment.executable().path])
        #expect(file["journal"]?.severity == "fault", "\(file)")
    }

    @Test func `A disk that the journal does not fit on, and damaged segments, are warnings`() async throws {
        let directory = TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: directory.path + "/00000000000000000001.journal.corrupt"))
        let findings = try await journal([
            "NEEDRECORD_JOURNAL_DIRECTORY": directory.path, "NEEDRECORD_JOURNAL_MAX_BYTES": "1000000000000",
        ])
        #expect(findings["journal space"]?.severity == "warning", "\(findings)")
        #expect(findings["journal damage"]?.severity == "warning", "\(findings)")
    }
}
