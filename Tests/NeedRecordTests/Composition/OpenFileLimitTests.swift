import Testing

@testable import needrecord

struct OpenFileLimitTests {
    @Test(
        arguments: [
            (16_000, 20_000, 16_000), (16_000, 1_024, 896), (50, 1_024, 50), (16_000, 129, 1), (16_000, 128, nil),
        ] as [(Int, Int, Int?)]
    )
    func `Connections leave room for everything else`(_ wanted: Int, _ openFiles: Int, _ expected: Int?) {
        #expect(OpenFileLimit.connections(wanted, of: openFiles) == expected)
    }

    @Test func `The limit is raised to what the process may have`() {
        #expect(OpenFileLimit.raise() == OpenFileLimit.raise())
        #expect(OpenFileLimit.raise() >= 1_024)
    }
}
