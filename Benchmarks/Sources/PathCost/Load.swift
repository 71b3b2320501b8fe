/// How questions come.
enum Load: Hashable {
    /// So many askers, each of which asks again when it has its answer.
    case closed(Int)
    /// So many questions a second, whatever the answers do; independent of one another (Poisson) or at equal intervals.
    case open(Int, isPoisson: Bool)

    /// How long every load generator asks before it measures.
    static let warmUpMilliseconds = 500

    var name: String {
        switch self {
        case .closed(let askers): "\(askers) at once"
        case .open(let rate, let isPoisson): "\(rate) a second\(isPoisson ? ", Poisson" : "")"
        }
    }

    /// The load of one of several generators that ask at the same time.
    func share(of generators: Int) -> Load {
        switch self {
        case .closed(let askers): .closed(max(1, askers / generators))
        case .open(let rate, let isPoisson): .open(max(1, rate / generators), isPoisson: isPoisson)
        }
    }
}
