import Testing

@testable import needrecord

struct LibraryExaminationTests {
    @Test(arguments: [
        ("0.10.0", 10, Finding.Severity.fault, "too old"),
        ("0.11.0", 11, .warning, "short frames"),
        ("0.15.0", 15, .warning, "short frames"),
        ("0.16.0", 16, .warning, "unknown channels"),
        ("0.18.0", 18, .ok, "0.18.0"),
    ])
    func `What is known of a version of librabbitmq is said`(
        _ text: String,
        _ minor: Int,
        _ severity: Finding.Severity,
        _ detail: String
    ) {
        let finding = LibraryExamination.finding(librabbitmq: text, (0, minor))
        #expect(finding.severity == severity)
        #expect(finding.detail.contains(detail))
        #expect(finding.advice?.contains("amqps://") == (severity == .warning ? true : severity == .ok ? nil : false))
    }
}
