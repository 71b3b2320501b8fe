import Testing

@testable import needrecord

@Suite struct EnvironmentExaminationTests {
    @Test func `Variables that are no settings are named in order`() throws {
        let names = ["NEEDRECORD_HTTP_PROT", "NEEDRECORD_HTTP_PORT", "PATH", "HTTP_PROT", "NEEDRECORD_A"]
        let findings = EnvironmentExamination(names: names).findings()
        #expect(findings.count == 1)
        let finding = try #require(findings.first)
        #expect(finding.severity == .warning)
        #expect(finding.detail == "NEEDRECORD_A, NEEDRECORD_HTTP_PROT: no setting")
        #expect(finding.advice?.contains("misspelled") == true)
    }

    @Test func `The variable of every setting is one`() {
        let findings = EnvironmentExamination(names: Setting.allCases.map(\.environmentVariable)).findings()
        #expect(findings.map(\.severity) == [.ok])
    }
}
