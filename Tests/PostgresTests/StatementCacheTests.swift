import Testing

@testable import Postgres

@Suite struct StatementCacheTests {
    @Test func `a new statement is prepared once for all its uses in a pipeline`() {
        var cache = StatementCache(limit: 10)
        let steps = cache.plan([("a", true), ("b", true), ("a", true)], timeout: nil, mayEvict: true)
        #expect(
            steps == [
                .prepare(statement: "s1", query: 0), .execute(query: 0, statement: "s1"),
                .prepare(statement: "s2", query: 1), .execute(query: 1, statement: "s2"),
                .execute(query: 2, statement: "s1"),
            ]
        )
    }

    @Test func `it is known once the server has prepared it`() {
        var cache = StatementCache(limit: 10)
        _ = cache.plan([("a", true)], timeout: nil, mayEvict: true)
        #expect(cache.count == 0)
        cache.insert("s1", for: "a")
        #expect(cache.plan([("a", true)], timeout: nil, mayEvict: true) == [.execute(query: 0, statement: "s1")])
        cache.removeAll()
        #expect(cache.plan([("a", true)], timeout: nil, mayEvict: true).first == .prepare(statement: "s2", query: 0))
    }

    @Test func `the least recently used statement goes first`() {
        var cache = StatementCache(limit: 2)
        cache.insert("s1", for: "a")
        cache.insert("s2", for: "b")
        _ = cache.statement(for: "a")
        #expect(
            cache.plan([("c", true)], timeout: 300, mayEvict: true).prefix(2) == [
                .setTimeout(milliseconds: 300), .deallocate(statement: "s2"),
            ]
        )
        #expect(cache.statement(for: "a") == "s1")
        #expect(cache.statement(for: "b") == nil)
    }

    @Test func `what the pipeline uses itself stays`() {
        var cache = StatementCache(limit: 1)
        cache.insert("s1", for: "a")
        let steps = cache.plan([("a", true), ("b", true)], timeout: nil, mayEvict: true)
        #expect(steps.first == .execute(query: 0, statement: "s1"))
        #expect(cache.count == 1)
    }

    @Test func `nothing is dropped in a failed transaction`() {
        var cache = StatementCache(limit: 1)
        cache.insert("s1", for: "a")
        #expect(cache.plan([("b", true)], timeout: nil, mayEvict: false).count == 2)
        #expect(cache.count == 1)
    }

    @Test func `transaction control is not prepared`() {
        var cache = StatementCache(limit: 1)
        #expect(cache.plan([("COMMIT", false)], timeout: nil, mayEvict: true) == [.execute(query: 0, statement: nil)])
    }
}
