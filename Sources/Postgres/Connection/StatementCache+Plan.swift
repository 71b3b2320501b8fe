extension StatementCache {
    /// The steps that run the queries, preparing what is new.
    ///
    /// A statement counts as prepared once the server says so, which is up to ``insert(_:for:)``.
    package mutating func plan(
        _ queries: [(sql: String, isPrepared: Bool)],
        timeout milliseconds: Int64?,
        mayEvict: Bool
    ) -> [Conversation.Step] {
        let start = now
        var new: [String: String] = [:]
        var steps: [Conversation.Step] = []
        for (index, query) in queries.enumerated() {
            guard query.isPrepared else {
                steps.append(.execute(query: index, statement: nil))
                continue
            }
            if let known = statement(for: query.sql) ?? new[query.sql] {
                steps.append(.execute(query: index, statement: known))
            } else {
                let name = makeName()
                new[query.sql] = name
                steps.append(.prepare(statement: name, query: index))
                steps.append(.execute(query: index, statement: name))
            }
        }
        var head: [Conversation.Step] = milliseconds.map { [.setTimeout(milliseconds: $0)] } ?? []
        if mayEvict {
            head += evict(for: new.count, pinned: start).map { .deallocate(statement: $0) }
        }
        return head + steps
    }
}
