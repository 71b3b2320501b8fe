/// The questions of a run, one for each stream in turn, made when they are needed.
struct QuestionSeries: Sendable {
    private let question: CallbackQuestion
    private let streams: Int
    private let digits: Int
    private let targetBeforeNumber: String
    private let targetAfterNumber: String

    init(question: CallbackQuestion, streams: Int, target: PlatformTarget) {
        self.question = question
        self.streams = streams
        digits = max(4, String(streams - 1).utf8.count)
        // Only the number changes from one target to the next, and it stands between the stream and what follows it.
        let whole = target.requestTarget(for: question)
        let after = question.queryAfterStream
        targetBeforeNumber = String(whole.dropLast(after.count))
        targetAfterNumber = after
    }

    /// The question of a request of the run.
    func question(_ number: Int) -> CallbackQuestion {
        var question = question
        question.stream += suffix(number)
        return question
    }

    /// Its request target.
    func requestTarget(_ number: Int) -> String {
        targetBeforeNumber + suffix(number) + targetAfterNumber
    }

    private func suffix(_ number: Int) -> String {
        guard streams > 1 else { return "" }
        let number = String(number % streams)
        return "-" + String(repeating: "0", count: digits - number.utf8.count) + number
    }
}
