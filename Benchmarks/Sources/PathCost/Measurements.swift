/// The samples of all rounds, by who was asked and how.
struct Measurements {
    private struct Key: Hashable {
        let contender: String
        let load: Load
    }

    private var warmUps: [Key: Sample] = [:]
    private var counted: [Key: [Sample]] = [:]

    mutating func add(_ sample: Sample, of contender: String, with load: Load) {
        counted[Key(contender: contender, load: load), default: []].append(sample)
    }

    mutating func addWarmUp(_ sample: Sample, of contender: String, with load: Load) {
        warmUps[Key(contender: contender, load: load)] = sample
    }

    /// Those of the rounds that count, in their order.
    func samples(of contender: String, with load: Load) -> [Sample] {
        counted[Key(contender: contender, load: load), default: []]
    }

    /// That of the round before those that count.
    func warmUp(of contender: String, with load: Load) -> Sample? {
        warmUps[Key(contender: contender, load: load)]
    }

    /// How many times the answers a second of another, by their size.
    ///
    /// Of each round by itself: what disturbs a round disturbs both.
    func ratios(of contender: String, to other: String, with load: Load) -> [Double] {
        zip(samples(of: contender, with: load), samples(of: other, with: load))
            .filter { $1.result.perSecond > 0 }
            .map { $0.result.perSecond / $1.result.perSecond }
            .sorted()
    }
}
