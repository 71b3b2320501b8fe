import CoreMetrics
import Metrics
import NIOConcurrencyHelpers
import Observability
import Testing

struct MetricsRegistryTests {
    private static let duration = MetricFamily.histogram("t_seconds", "How long.", bounds: [0.125, 1])

    @Test func `Nothing is shown of what nobody measures`() {
        #expect(MetricsRegistry(families: [Self.duration]).exposition() == "")
    }

    @Test func `A histogram counts what is at most its bounds`() {
        let registry = MetricsRegistry(families: [Self.duration])
        let timer = Self.duration.timer([("step", "all")], in: registry)
        // Binary fractions of a second, so that their sum is exact.
        for microseconds in [62_500, 125_000, 250_000, 1_000_000, 5_000_000] {
            timer.record(duration: .microseconds(microseconds))
        }
        #expect(
            registry.exposition() == """
                # HELP t_seconds How long.
                # TYPE t_seconds histogram
                t_seconds_bucket{step="all",le="0.125"} 2
                t_seconds_bucket{step="all",le="1"} 4
                t_seconds_bucket{step="all",le="+Inf"} 5
                t_seconds_sum{step="all"} 6.4375
                t_seconds_count{step="all"} 5

                """
        )
    }

    @Test func `What a recorder gets is taken as it is, and no number is left out`() {
        let size = MetricFamily.histogram("size", "", bounds: [1, 2])
        let registry = MetricsRegistry(families: [size])
        let recorder = size.recorder(in: registry)
        recorder.record(2)
        recorder.record(2.5)
        recorder.record(Double.nan)
        recorder.record(Double.infinity)
        #expect(
            registry.exposition() == """
                # TYPE size histogram
                size_bucket{le="1"} 0
                size_bucket{le="2"} 1
                size_bucket{le="+Inf"} 2
                size_sum 4.5
                size_count 2

                """
        )
    }

    @Test func `Instruments of the same series share it`() {
        let registry = MetricsRegistry()
        Counter(label: "asked_total", dimensions: [("by", "a")], factory: registry).increment()
        Counter(label: "asked_total", dimensions: [("by", "a")], factory: registry).increment(by: 2)
        Counter(label: "asked_total", dimensions: [("by", "b")], factory: registry).increment(by: 1 << 40)
        FloatingPointCounter(label: "cpu_total", factory: registry).increment(by: 0.25)
        let gauge = Gauge(label: "level", factory: registry)
        gauge.record(7)
        gauge.record(-0.5)
        let meter = Meter(label: "meter", factory: registry)
        meter.set(3)
        meter.decrement()
        #expect(
            registry.exposition() == """
                # TYPE asked_total counter
                asked_total{by="a"} 3
                asked_total{by="b"} 1099511627776
                # TYPE cpu_total counter
                cpu_total 0.25
                # TYPE level gauge
                level -0.5
                # TYPE meter gauge
                meter 2

                """
        )
    }

    @Test func `A name is of one kind, and its letters are those of Prometheus`() {
        let registry = MetricsRegistry()
        Counter(label: "http.requests-é", factory: registry).increment()
        Gauge(label: "http.requests-é", factory: registry).record(5)
        Timer(label: "http_requests__", factory: registry).recordSeconds(1)
        Counter(label: "5xx", factory: registry).increment()
        #expect(
            registry.exposition() == """
                # TYPE _5xx counter
                _5xx 1
                # TYPE http_requests__ counter
                http_requests__ 1

                """
        )
    }

    @Test func `Collectors are asked every time, and labels may hold anything`() {
        let registry = MetricsRegistry()
        let asked = NIOLockedValueBox(0)
        registry.collect { collection in
            let family = MetricFamily.gauge("seen", "Back\\slash,\nand \"quotes\".")
            let count = asked.withLockedValue { count in
                count += 1
                return count
            }
            collection.add(family, count, [("text", "a\"b\\c\r\nd\"\u{301}")])
            collection.add(family, .infinity, [("text", "A")])
            collection.add(family, -Double.infinity, [("text", "Z")])
            collection.add(family, Double.nan, [("text", "~")])
        }
        _ = registry.exposition()
        #expect(
            registry.exposition() == """
                # HELP seen Back\\\\slash,\\nand "quotes".
                # TYPE seen gauge
                seen{text="A"} +Inf
                seen{text="Z"} -Inf
                seen{text="a\\"b\\\\c\r\\nd\\"\u{301}"} 2
                seen{text="~"} NaN

                """
        )
    }

    @Test func `What is recorded by many at once is all there`() async {
        let registry = MetricsRegistry(families: [Self.duration])
        let timer = Self.duration.timer(in: registry)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<1_000 { timer.record(duration: .milliseconds(500)) } }
            }
        }
        let text = registry.exposition()
        #expect(text.contains("t_seconds_bucket{le=\"1\"} 4000\n"))
        #expect(text.contains("t_seconds_sum 2000\n"))
    }
}
