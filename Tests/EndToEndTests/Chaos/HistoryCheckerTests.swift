import Testing

/// Each promise has a history that breaks it and nothing else: a checker that finds nothing proves nothing.
struct HistoryCheckerTests {
    /// A run of three questions in which everything is as it should be.
    private struct Story {
        var history = ChaosHistory()
        var rows: [OutcomeRow] = []
        var strays: [StrayDecision] = []

        init() {
            ask("1", ChaosWorld.recorded, "a", ChaosWorld.record)
            ask("2", ChaosWorld.skipped, "b", ChaosWorld.fallback)
            ask("3", ChaosWorld.shared, "c", ChaosWorld.record)
        }

        mutating func ask(_ id: String, _ domain: String, _ stream: String, _ body: String, cause: String = "decided") {
            history.exchanges.append(
                ChaosHistory.Exchange(
                    ended: 10,
                    elapsed: 0.1,
                    gateway: .firstGateway,
                    domain: domain,
                    stream: stream,
                    status: 200,
                    body: body,
                    eventID: id
                )
            )
            rows.append(
                OutcomeRow(
                    eventID: id,
                    gateway: "firstGateway",
                    domain: domain,
                    stream: stream,
                    cause: cause,
                    needRecord: body == ChaosWorld.record,
                    answer: body
                )
            )
        }

        mutating func disturb(_ subject: FaultSubject, _ action: Fault.Action, _ time: ClosedRange<Double>) {
            history.disturbances.append(
                ChaosHistory.Disturbance(
                    subject: subject.description,
                    action: action.rawValue,
                    began: time.lowerBound,
                    ended: time.upperBound
                )
            )
        }

        var broken: [HistoryChecker.Violation.Promise] {
            HistoryChecker(budget: 2, history: history, rows: rows, strays: strays).violations().map(\.promise)
        }
    }

    @Test func `A run in which everything is right has nothing against it`() {
        #expect(Story().broken == [])
    }

    @Test func `A question without an answer needs something that stood in its way`() {
        var story = Story()
        story.rows.removeLast()
        story.history.exchanges[2].failure = "reset"
        story.history.exchanges[2].status = 0
        story.history.exchanges[2].eventID = nil
        #expect(story.broken == [.everyQuestionIsAnswered])
        story.disturb(.member(.secondGateway), .kill, 9...10)
        story.disturb(.server(.rabbitmq), .kill, 9...10)
        story.disturb(.way(Way(member: .firstGateway, end: .broker)), .cut, 9...10)
        story.disturb(.member(.firstGateway), .kill, 3...4)
        #expect(story.broken == [.everyQuestionIsAnswered])
        story.disturb(.way(Way(member: .firstGateway, end: .platform)), .cut, 9...10)
        #expect(story.broken == [])
        // Another status than 200 is never right.
        story.history.exchanges[2].status = 503
        #expect(story.broken == [.everyQuestionIsAnswered])
    }

    @Test func `What the run's end has cut off is nobody's fault`() {
        var story = Story()
        story.history.exchanges[2].failure = "cancelled"
        story.history.exchanges[2].eventID = nil
        #expect(story.broken == [])
    }

    @Test func `An answer must be in time`() {
        var story = Story()
        story.history.exchanges[0].elapsed = 2.9
        #expect(story.broken == [])
        story.history.exchanges[0].elapsed = 3.1
        #expect(story.broken == [.answersAreInTime])
        story.disturb(.member(.firstGateway), .pause, 6.0...6.5)
        #expect(story.broken == [])
    }

    @Test func `A body must be one that there is a reason for`() {
        var story = Story()
        story.history.exchanges[0].body = "{}"
        story.rows[0].answer = "{}"
        #expect(Set(story.broken) == [.bodiesAreValid, .decisionsFollowTheRules])
        // Whoever decides otherwise than the rules is found, too.
        story = Story()
        story.history.exchanges[1].body = ChaosWorld.record
        story.rows[1].answer = ChaosWorld.record
        story.rows[1].needRecord = true
        #expect(Set(story.broken) == [.bodiesAreValid, .decisionsFollowTheRules])
        story = Story()
        story.rows[0].cause = "timeout"
        #expect(story.broken == [.decisionsFollowTheRules])
    }

    @Test func `An answer must be in the trail, to the byte`() {
        var story = Story()
        story.rows.removeLast()
        #expect(story.broken == [.answersAreOutcomes])
        story = Story()
        story.rows[2].answer = ChaosWorld.fallback
        story.rows[2].needRecord = false
        #expect(story.broken == [.answersAreOutcomes])
        story = Story()
        story.rows[0].gateway = "secondGateway"
        #expect(story.broken == [.answersAreOutcomes])
        story = Story()
        story.rows[0].stream = "b"
        #expect(story.broken == [.answersAreOutcomes])
    }

    @Test func `An outcome is there once`() {
        var story = Story()
        story.rows.append(story.rows[0])
        #expect(story.broken == [.outcomesAreUnique])
        story = Story()
        story.history.exchanges.append(story.history.exchanges[0])
        #expect(story.broken == [.outcomesAreUnique])
    }

    @Test func `An outcome that nobody has seen was asked for by somebody in vain`() {
        var story = Story()
        story.ask("4", ChaosWorld.recorded, "d", ChaosWorld.record)
        story.history.exchanges[3].failure = "closed"
        story.history.exchanges[3].status = 0
        story.history.exchanges[3].eventID = nil
        story.disturb(.member(.firstGateway), .kill, 9...10)
        #expect(story.broken == [])
        // The client may have asked once more by itself.
        story.rows.append(story.rows[3])
        story.rows[4].eventID = "5"
        #expect(story.broken == [])
        story.rows.append(story.rows[3])
        story.rows[5].eventID = "6"
        #expect(story.broken == [.outcomesHaveCallbacks])
    }

    @Test func `An outcome is of its own question`() {
        var story = Story()
        story.rows.append(story.rows[0])
        story.rows[3].eventID = "4"
        #expect(story.broken == [.outcomesHaveCallbacks])
    }

    @Test func `What is decided of one stream is the same every time`() {
        var story = Story()
        story.ask("4", ChaosWorld.shared, "c", ChaosWorld.fallback, cause: "timeout")
        #expect(story.broken == [])
        story.ask("5", ChaosWorld.shared, "c", ChaosWorld.fallback)
        #expect(story.broken == [.retriesAgree])
    }

    @Test func `No more streams are recorded than there are places for`() {
        var story = Story()
        for number in 0..<ChaosWorld.places {
            for attempt in 0..<2 {
                story.ask("4-\(number)-\(attempt)", ChaosWorld.limited, "\(number)", ChaosWorld.record)
            }
        }
        story.ask("5", ChaosWorld.limited, "more", ChaosWorld.fallback)
        #expect(story.broken == [])
        story.ask("6", ChaosWorld.limited, "more", ChaosWorld.record)
        #expect(story.broken == [.quotasHold])
    }

    @Test func `Nothing is decided after its deadline`() {
        var story = Story()
        story.strays = [StrayDecision(eventID: "9", age: 1.9)]
        #expect(story.broken == [])
        story.strays = [StrayDecision(eventID: "9", age: 2.1)]
        #expect(story.broken == [.nothingBeginsTooLate])
        // By which clock?
        story.disturb(.member(.secondWorker), .stepClock, 1...2)
        #expect(story.broken == [])
    }

    @Test func `Who is told to stop ends in order`() {
        var story = Story()
        story.disturb(.member(.firstWorker), .restart, 1...2)
        story.history.disturbances[0].note = "0"
        #expect(story.broken == [])
        story.history.disturbances[0].note = "1"
        #expect(story.broken == [.stopsAreOrderly])
    }
}
