import Testing

@Suite struct HelpTests {
    @Test(arguments: [
        [], ["gateway"], ["worker"], ["auditor"], ["serve"], ["migrate"], ["rules"], ["rules", "add"],
        ["rules", "list"], ["rules", "remove"], ["rules", "enable"], ["rules", "disable"], ["rules", "export"],
        ["rules", "check"], ["rules", "diff"], ["rules", "publish"], ["rules", "import"], ["rules", "history"],
        ["rules", "rollback"], ["rules", "shadow"], ["rules", "shadow", "list"], ["rules", "shadow", "drop"],
        ["rules", "shadow", "promote"], ["quotas"], ["quotas", "set"], ["quotas", "list"], ["quotas", "usage"],
        ["quotas", "remove"], ["reservations"], ["reservations", "list"], ["reservations", "release"], ["decide"],
        ["push"], ["doctor"],
    ])
    func `Every command explains itself`(command: [String]) async throws {
        let run = try await NeedRecordRun.run(command + ["--help"])
        #expect(run.status == 0)
        #expect(run.text.contains("OVERVIEW:"))
        #expect(run.text.contains("USAGE: needrecord"))
    }

    @Test func `The exit codes are explained, and the version is told`() async throws {
        let help = try await NeedRecordRun.run("--help")
        for code in ["0 ", "1 ", "64 ", "78 "] { #expect(help.text.contains("  \(code)")) }
        let version = try await NeedRecordRun.run("--version")
        #expect(version.status == 0)
        #expect(version.text.contains("."))
    }

    @Test(arguments: [
        ["nothing"], ["decide"], ["rules", "remove"], ["rules", "remove", "x"], ["serve", "--nothing"],
    ])
    func `A wrong command line has its own exit code`(arguments: [String]) async throws {
        let run = try await NeedRecordRun.run(arguments)
        #expect(run.status == 64)
        #expect(run.text.contains("Error:"))
    }
}
