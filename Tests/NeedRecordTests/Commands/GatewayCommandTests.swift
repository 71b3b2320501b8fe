import TestSupport
import Testing

/// What keeps a gateway from starting.
@Suite struct GatewayCommandTests {
    @Test(arguments: [
        ("gateway", "networks: [geheim]", "line 1: networks: this is no network"),
        ("serve", "signatures: {a.example: {mode: required, keys: [geheim]}}", "line 1: signatures.a.example.keys"),
        ("gateway", "", "line 1: the file is empty"),
    ])
    func `A file of keys with a fault is told by its name, line and key`(
        command: String,
        file: String,
        fault: String
    ) async throws {
        try await withFile(file, suffix: ".yaml") { path in
            let run = try await NeedRecordRun.run(command, settings: ["NEEDRECORD_AUTH_FILE": path])
            #expect(run.status == 78, "\(run.text)")
            #expect(run.text.contains("needrecord: auth.file (NEEDRECORD_AUTH_FILE): \(path): \(fault)"), "\(run.text)")
            #expect(!run.text.contains("geheim"))
        }
    }

    @Test func `A file of keys that is not there is told by its name`() async throws {
        let run = try await NeedRecordRun.run("gateway", "--set", "auth.file=/nowhere/keys.yaml")
        #expect(run.status == 78)
        #expect(run.text.contains("auth.file (NEEDRECORD_AUTH_FILE): /nowhere/keys.yaml: "), "\(run.text)")
    }
}
