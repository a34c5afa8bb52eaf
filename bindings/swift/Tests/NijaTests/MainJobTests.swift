#if os(macOS)
import Foundation
import XCTest

@testable import Nija

/// The main job through Swift, against a real server: the cases of the Kotlin tests, but for those that need an
/// exchange of their own.
final class MainJobTests: XCTestCase {
    private static var server: Server!

    override class func setUp() {
        super.setUp()
        do {
            server = try Server()
        } catch {
            fatalError("the server did not start: \(error)")
        }
    }

    override class func tearDown() {
        server.stop()
        super.tearDown()
    }

    private var ready: Server.Ready { Self.server.ready }

    private func signedIn(store: SecureStore? = nil) async throws -> NijaClient {
        let client: NijaClient
        if let store {
            client = try NijaClient.withStore(baseUrl: ready.url, store: store)
        } else {
            client = try NijaClient(baseUrl: ready.url)
        }
        _ = try await client.signIn(email: ready.demo.email, password: ready.demo.password)
        return client
    }

    /// A user of the test's own, whose orders go to the paper venue and with whom no strategy trades.
    private func newUser() async throws -> NijaClient {
        let client = try NijaClient(baseUrl: ready.url)
        _ = try await client.signUp(email: "swift-\(UUID().uuidString)@example.com", password: "a long enough pass phrase 7")
        return client
    }

    private func buy(_ dollars: String) -> OrderRequest {
        OrderRequest(symbol: "BTC-USD", side: "buy", size: dollars)
    }

    func testSignsInAndSeesTheOverview() async throws {
        let overview = try await signedIn().overview()
        XCTAssertGreaterThan(try XCTUnwrap(overview.equity.decimal), 0)
        XCTAssertFalse(overview.balances.isEmpty)
        XCTAssertEqual(overview.bot.state, "running")
    }

    func testAWrongPasswordIsRefusedWithACode() async throws {
        let client = try NijaClient(baseUrl: ready.url)
        do {
            _ = try await client.signIn(email: ready.demo.email, password: "not the password at all")
            XCTFail("signed in")
        } catch let NijaError.Refused(code, status, detail, _, _) {
            XCTAssertEqual(status, 401)
            XCTAssertFalse(code.isEmpty)
            XCTAssertFalse(detail.contains(ready.demo.email))
        }
        XCTAssertFalse(client.isSignedIn())
    }

    func testWithoutASessionCallsSaySignedOut() async throws {
        do {
            _ = try await NijaClient(baseUrl: ready.url).overview()
            XCTFail("answered")
        } catch NijaError.SignedOut {}
    }

    func testAnOrderFillsAndShowsInTheStream() async throws {
        let client = try await newUser()
        var placed: Order?
        for try await live in client.live() {
            switch live {
            case .connection(.live) where placed == nil:
                let order = try await client.placeOrder(request: buy("25"), waitMs: 10_000)
                XCTAssertEqual(order.state, "filled", order.reason ?? "")
                placed = order
            case let .event(.orderUpdate(order)) where order.isFinal && order.id == placed?.id:
                XCTAssertEqual(order.filled.decimal, placed?.filled.decimal)
                let activity = try await client.activity()
                XCTAssertTrue(activity.items.contains { $0.orderId == order.id })
                return
            default:
                continue
            }
        }
        XCTFail("the stream ended")
    }

    func testAPreviewShowsChecksAndRouteAndSendsNothing() async throws {
        let preview = try await newUser().previewOrder(request: buy("25"))
        XCTAssertTrue(preview.accepted, preview.reason ?? "")
        XCTAssertFalse(preview.checks.isEmpty)
        let route = try XCTUnwrap(preview.route)
        XCTAssertTrue(route.candidates.contains { $0.eligible && $0.venue == route.venue })
        XCTAssertNil(route.orderId)
    }

    func testPausingAndResuming() async throws {
        let client = try await newUser()
        let paused = try await client.pause()
        XCTAssertEqual(paused.state, "paused")
        let running = try await client.resume()
        XCTAssertEqual(running.state, "running")
    }

    func testABoughtPositionIsListedAndClosesAtTheMarket() async throws {
        let client = try await newUser()
        let bought = try await client.placeOrder(request: buy("30"), waitMs: 10_000)
        XCTAssertEqual(bought.state, "filled", bought.reason ?? "")
        let positions = try await client.positions()
        XCTAssertEqual(positions.count, 1)
        let position = try XCTUnwrap(positions.first)
        XCTAssertEqual(position.venue, bought.venue)
        XCTAssertEqual(position.quantity.decimal, bought.filled.decimal)
        let exit = try await client.closePosition(id: position.id, waitMs: 10_000)
        XCTAssertEqual(exit.side, "sell")
        XCTAssertEqual(exit.state, "filled", exit.reason ?? "")
        let closed = try await client.closedPositions()
        XCTAssertEqual(closed.items.first?.id, position.id)
    }

    func testAnExchangeKeyIsSealedHereAndCheckedWithTheExchange() async throws {
        let client = try await newUser()
        do {
            _ = try await client.connectExchange(
                venue: "kraken", label: "mine", key: "no-such-key", secret: "bm90IGEgc2VjcmV0")
            XCTFail("connected")
        } catch let NijaError.Refused(code, _, _, _, _) {
            // It opened (else the code would be `credential_not_opened`), and the exchange does not know it.
            XCTAssertEqual(code, "credential_refused")
        }
    }

    func testTheSessionOutlivesTheAppAndEndsWithSignOut() async throws {
        let store = MapStore()
        _ = try await signedIn(store: store)
        let before = try XCTUnwrap(store.values.first)
        let client = try NijaClient.withStore(baseUrl: ready.url, store: store)
        let user = try await client.restoreSession()
        XCTAssertEqual(user?.email, ready.demo.email)
        XCTAssertNotEqual(store.values.first, before, "refresh tokens rotate")
        try await client.signOut()
        XCTAssertTrue(store.values.isEmpty)
    }

    func testASizeThatIsNoDecimalIsNotSent() async throws {
        let client = try await signedIn()
        do {
            _ = try await client.placeOrder(request: buy("1,5"))
            XCTFail("sent")
        } catch let NijaError.InvalidInput(why) {
            XCTAssertTrue(why.contains("size"))
        }
    }
}
#endif
