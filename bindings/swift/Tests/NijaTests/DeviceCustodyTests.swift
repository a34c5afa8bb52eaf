#if os(macOS)
import Foundation
import XCTest

@testable import Nija

/// Custody mode `device` through Swift: the cases of the Kotlin tests.
final class DeviceCustodyTests: XCTestCase {
    private static var exchange: Exchange!
    private static var server: Server!
    private static var next = 0

    override class func setUp() {
        super.setUp()
        do {
            exchange = try Exchange(accounts: 12)
            server = try Server(venue: exchange.argument)
        } catch {
            fatalError("the exchange or the server did not start: \(error)")
        }
    }

    override class func tearDown() {
        server.stop()
        exchange.stop()
        super.tearDown()
    }

    override func setUp() async throws {
        try await exchange.setPrice("60000", of: "BTC-USD")
    }

    private var exchange: Exchange { Self.exchange }
    private let venue = Exchange.name
    private let opening = DeviceOpening(symbol: "BTC-USD", amount: "600", stop: "57000")

    /// A phone with a key that no other test has.
    private final class Phone {
        let account: Exchange.Account
        let store = MapStore()
        let clock = Shifted()
        let hardware = Hardware()
        let user = UUID().uuidString.lowercased()

        init(_ account: Exchange.Account) {
            self.account = account
        }
    }

    private func phone() -> Phone {
        defer { Self.next += 1 }
        return Phone(exchange.ready.accounts.dropLast()[Self.next])
    }

    private func desk(_ phone: Phone, key: DeviceKey?) throws -> DeviceTrader {
        let venues = [DeviceVenue(id: venue, kind: "kraken", addresses: exchange.addresses)]
        return try DeviceTrader(userId: phone.user, venues: venues, store: phone.store, key: key, clock: phone.clock)
    }

    private func connected(_ phone: Phone, policy: DevicePolicy? = nil) async throws -> DeviceTrader {
        let desk = try desk(phone, key: phone.hardware)
        _ = try await desk.connect(
            venue: venue, label: "phone", key: phone.account.key, secret: phone.account.secret, policy: policy)
        return desk
    }

    private func refusal(_ call: () async throws -> some Any) async throws -> String {
        do {
            _ = try await call()
            XCTFail("it was not refused")
            return ""
        } catch let DeviceTradeError.Refused(code, detail) {
            XCTAssertFalse(detail.isEmpty)
            return code
        }
    }

    func testAPositionOpensWithItsStopAndIsClosed() async throws {
        let phone = phone()
        let desk = try await connected(phone)
        let trade = try await desk.openPosition(venue: venue, opening: opening)
        XCTAssertEqual(trade.protection, .resting, trade.note ?? "")
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertEqual(there.map(\.side), ["buy", "sell"])
        XCTAssertEqual(there.map(\.status), ["filled", "open"])
        let cancelling = try await refusal { try await desk.cancel(venue: venue, id: trade.id) }
        XCTAssertEqual(cancelling, "stop_guards_position")
        let closed = try await desk.closePosition(venue: venue, id: trade.id)
        XCTAssertTrue(closed.done)
        XCTAssertEqual(closed.protection, .notNeeded)
        let after = try await exchange.orders(of: phone.account.key)
        XCTAssertFalse(after.contains { $0.status == "open" })
    }

    func testASaleRestsUntilItIsCancelled() async throws {
        let phone = phone()
        let desk = try await connected(phone)
        let sale = try await desk.sell(venue: venue, sale: DeviceSale(symbol: "BTC-USD", quantity: "0.01", limit: "90000"))
        XCTAssertEqual(sale.orders.first?.state, "working")
        let cancelled = try await desk.cancel(venue: venue, id: sale.id)
        XCTAssertTrue(cancelled.done)
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertEqual(there.map(\.status), ["canceled"])
    }

    func testAnEntryWhoseAnswerIsLostIsFoundAndNeverSentTwice() async throws {
        let phone = phone()
        let desk = try await connected(phone)
        try await exchange.fault("drop_after", path: "/0/private/AddOrder", key: phone.account.key)
        let trade = try await desk.openPosition(venue: venue, opening: opening)
        XCTAssertEqual(trade.protection, .resting, trade.note ?? "")
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertEqual(there.map(\.side), ["buy", "sell"])
    }

    func testAnOrderThatNeverArrivedStaysInDoubt() async throws {
        let phone = phone()
        let first = try await connected(phone)
        try await exchange.fault("drop_before", path: "/0/private/AddOrder", key: phone.account.key)
        let trade = try await first.openPosition(venue: venue, opening: opening)
        XCTAssertEqual(trade.protection, .inDoubt)
        let again = try await refusal { try await first.openPosition(venue: venue, opening: opening) }
        XCTAssertEqual(again, "order_in_doubt")
        phone.clock.micros = 3_600_000_000
        let second = try desk(phone, key: phone.hardware)
        let settled = try await second.settle(venue: venue)
        XCTAssertEqual(settled.map(\.inDoubt), [true], "neither a set clock nor a restart is proof")
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertTrue(there.isEmpty)
    }

    func testAnOlderListOfOrdersIsNoticedAndNothingIsSentByIt() async throws {
        let phone = phone()
        let first = try await connected(phone)
        _ = try await first.settle(venue: venue)
        let name = try XCTUnwrap(phone.store.names.first { $0.contains(".orders.") })
        let before = try XCTUnwrap(try phone.store.get(key: name))
        let trade = try await first.openPosition(venue: venue, opening: opening)
        XCTAssertFalse(trade.stopLost)
        try phone.store.set(key: name, value: before)
        let second = try desk(phone, key: phone.hardware)
        do {
            _ = try await second.closePosition(venue: venue, id: trade.id)
            XCTFail("it was believed")
        } catch let DeviceTradeError.JournalDoubted(detail) {
            XCTAssertTrue(detail.contains("reconcile"))
        }
        let early = try await refusal { try await second.reconcile(venue: venue) }
        XCTAssertEqual(early, "too_early")
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertEqual(there.count, 2, "the entry and its stop, and nothing since")
    }

    func testOpeningsWithoutAStopAndOrdersOutsideTheLimitsAreRefused() async throws {
        let phone = phone()
        let policy = DevicePolicy(pairs: [DevicePolicyPair(symbol: "BTC-USD")], maxOrder: "700", maxBuysPerHour: "1000")
        let desk = try await connected(phone, policy: policy)
        for (asked, code) in [
            (DeviceOpening(symbol: "BTC-USD", amount: "600", stop: "61000"), "stop_not_below"),
            (DeviceOpening(symbol: "BTC-USD", amount: "600", stop: "57000", takeProfit: "70000"), "no_resting_bracket"),
            (DeviceOpening(symbol: "BTC-USD", amount: "1000", stop: "57000"), "policy"),
        ] {
            let refused = try await refusal { try await desk.openPosition(venue: venue, opening: asked) }
            XCTAssertEqual(refused, code)
        }
        let there = try await exchange.orders(of: phone.account.key)
        XCTAssertTrue(there.isEmpty)
        _ = try await desk.openPosition(venue: venue, opening: opening)
        let second = try await desk.openPosition(venue: venue, opening: opening)
        XCTAssertEqual(second.noteCode, "policy", "the hour's limit")
    }

    func testAKeyThatMayWithdrawIsNotKept() async throws {
        let phone = Phone(try XCTUnwrap(exchange.ready.accounts.last))
        let desk = try desk(phone, key: phone.hardware)
        let refused = try await refusal {
            try await desk.connect(venue: venue, label: "phone", key: phone.account.key, secret: phone.account.secret)
        }
        XCTAssertEqual(refused, "key_can_withdraw")
        XCTAssertTrue(try desk.keys().isEmpty)
        XCTAssertFalse(phone.store.names.contains { $0.contains(".key.") })
    }

    func testOnlyTheHardwareThatWrappedItOpensTheStoredKey() async throws {
        let phone = phone()
        let own = try await connected(phone)
        XCTAssertEqual(try own.keys().first?.inHardware, true)
        XCTAssertFalse(phone.store.values.contains { $0.contains(phone.account.secret) || $0.contains(phone.account.key) })
        for other in [Hardware(), nil] as [DeviceKey?] {
            do {
                _ = try await desk(phone, key: other).balances(venue: venue)
                XCTFail("it opened")
            } catch DeviceTradeError.DeviceKeyRefused {}
        }
        try await own.lock(venue: venue)
        let balances = try await own.balances(venue: venue)
        XCTAssertFalse(balances.isEmpty)
    }

    func testTheServerListsTheKeySignsNothingAndShowsNothing() async throws {
        let phone = phone()
        let desk = try await connected(phone)
        let client = try NijaClient(baseUrl: Self.server.ready.url)
        _ = try await client.signUp(email: "swift-\(UUID().uuidString)@example.com", password: "a long enough pass phrase 7")
        let key = try XCTUnwrap(try desk.keys().first)
        _ = try await client.registerDeviceKey(venue: venue, label: "phone", fingerprint: key.fingerprint)
        _ = try await desk.openPosition(venue: venue, opening: opening)
        let listed = try await client.credentials()
        XCTAssertEqual(listed.map(\.custody), ["device"])
        XCTAssertEqual(listed.first?.fingerprint, key.fingerprint)
        do {
            _ = try await client.checkCredential(id: try XCTUnwrap(listed.first?.id))
            XCTFail("it was checked")
        } catch let NijaError.Refused(code, _, _, _, _) {
            XCTAssertEqual(code, "credential_on_device")
        }
        let positions = try await client.positions()
        XCTAssertTrue(positions.isEmpty, "what it cannot see it does not show")
    }

    func testASessionKeySignsWhileItsOwnerHasItUnlocked() async throws {
        let account = phone().account
        let client = try NijaClient(baseUrl: Self.server.ready.url)
        _ = try await client.signUp(email: "swift-\(UUID().uuidString)@example.com", password: "a long enough pass phrase 7")
        let stored = try await client.connectSessionExchange(
            venue: venue, label: "mine", key: account.key, secret: account.secret, lock: "only I know this one", seconds: 600)
        XCTAssertEqual(stored.custody, "session")
        try await client.lockKey(venue: venue)
        do {
            _ = try await client.unlockKey(venue: venue, lock: "not the right phrase", seconds: 60)
            XCTFail("it was unlocked")
        } catch let NijaError.Refused(code, _, _, _, _) {
            XCTAssertEqual(code, "credential_not_opened")
        }
        let until = try await client.unlockKey(venue: venue, lock: "only I know this one", seconds: 60)
        XCTAssertFalse(until.isEmpty)
    }
}
#endif
