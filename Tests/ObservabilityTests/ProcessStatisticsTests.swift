import Foundation
import Testing

@testable import Observability

struct ProcessStatisticsTests {
    @Test func `A program's name may have spaces and parentheses`() throws {
        let stat = """
            4242 (need) record (1)) S 1 4242 4242 0 -1 4194560 9000 0 12 0 150 50 0 0 20 0 7 0 3000 \
            734003200 2560 18446744073709551615 1 1 0
            """
        let statistics = try #require(
            ProcessStatistics(stat: stat, bootSeconds: 1_000, ticksPerSecond: 100, pageBytes: 4_096)
        )
        #expect(statistics.cpuSeconds == 2)
        #expect(statistics.threads == 7)
        #expect(statistics.startSeconds == 1_030)
        #expect(statistics.virtualBytes == 734_003_200)
        #expect(statistics.residentBytes == 10_485_760)
    }

    @Test(arguments: ["", "1 (a", "1 (a) S 1", "1 (a) S 1 2 3 4 5 6 7 8 9 10 x y z"])
    func `What is cut short is nothing`(_ stat: String) {
        #expect(ProcessStatistics(stat: stat, bootSeconds: 0, ticksPerSecond: 100, pageBytes: 4_096) == nil)
    }

    @Test func `A file that is opened is one more`() throws {
        let before = try #require(openFileCount())
        let pipes = (0..<50).map { _ in Pipe() }
        // Nothing else of this process opens so many meanwhile.
        #expect((before + 90...before + 110).contains(try #require(openFileCount())))
        withExtendedLifetime(pipes) {}
    }

    @Test func `This process has started, works and has memory`() throws {
        let statistics = try #require(ProcessStatistics.current())
        #expect((0..<Date().timeIntervalSince1970 + 1).contains(statistics.startSeconds))
        #expect(statistics.startSeconds > Date().timeIntervalSince1970 - 86_400 * 7)
        #expect(statistics.residentBytes > 1 << 20)
        #expect(statistics.residentBytes < statistics.virtualBytes)
        #expect(statistics.threads >= 1)
        let registry = MetricsRegistry()
        registry.collectProcess()
        let text = registry.exposition()
        for family in MetricFamily.process { #expect(text.contains("\n\(family.name) ")) }
    }
}
