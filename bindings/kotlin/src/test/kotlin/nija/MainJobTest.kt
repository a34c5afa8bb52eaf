package nija

import java.util.UUID
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.onEach
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** The main job through Kotlin, against a real server: sign in, look, order, see it live. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MainJobTest {
    private lateinit var server: Server

    @BeforeAll
    fun start() {
        server = Server.start()
    }

    @AfterAll
    fun stop() = server.close()

    private suspend fun signedIn(store: SecureStore? = null): NijaClient {
        val client = if (store == null) NijaClient(server.url) else NijaClient.withStore(server.url, store)
        client.signIn(server.email, server.password)
        return client
    }

    /** A user of the test's own, whose orders go to the paper venue and with whom no strategy trades. */
    private suspend fun newUser(): NijaClient {
        val client = NijaClient(server.url)
        client.signUp("kotlin-${UUID.randomUUID()}@example.com", "a long enough pass phrase 7")
        return client
    }

    private fun buy(dollars: String) = OrderRequest(symbol = "BTC-USD", side = "buy", size = dollars)

    @Test
    fun `signs in and sees the overview`() = test {
        signedIn().use { client ->
            val overview = client.overview()
            assertTrue(overview.equity.decimal.signum() > 0, overview.equity)
            assertTrue(overview.balances.isNotEmpty())
            assertEquals("running", overview.bot.state)
            assertTrue(client.isSignedIn())
        }
    }

    @Test
    fun `a wrong password is refused with a code and no address in it`() = test {
        NijaClient(server.url).use { client ->
            val error = fails<NijaException.Refused> { client.signIn(server.email, "not the password at all") }
            assertEquals(401.toUShort(), error.status)
            assertTrue(error.code.isNotEmpty())
            assertFalse(error.message.contains(server.email), error.message)
            assertFalse(client.isSignedIn())
        }
    }

    @Test
    fun `without a session calls say signed out`() = test {
        NijaClient(server.url).use { client ->
            fails<NijaException.SignedOut> { client.overview() }
        }
    }

    @Test
    fun `a key goes sealed to the vault, and an order under it fills, shows in the stream and is a position`() = test {
        newUser().use { client ->
            val mine = server.keys.first()
            val credential = client.connectExchange(Server.VENUE, "mine", mine.key, mine.secret)
            assertEquals(Server.VENUE to "active", credential.venue to credential.status)
            assertTrue(client.venues().single { it.id == Server.VENUE }.connected)

            val live = CompletableDeferred<Unit>()
            val updates = Channel<Order>(Channel.UNLIMITED)
            val listener = object : StreamListener {
                override fun onEvent(event: StreamEvent) {
                    if (event is StreamEvent.OrderUpdate) updates.trySend(event.order)
                }

                override fun onConnection(state: ConnectionState) {
                    if (state == ConnectionState.LIVE) live.complete(Unit)
                }

                override fun onEnded(code: String) {
                    updates.close(AssertionError("the stream ended: $code"))
                }
            }
            client.stream(listener).use { handle ->
                live.await()
                val order = client.placeOrder(buy("25").copy(venue = Server.VENUE), waitMs = 10_000u)
                assertEquals("filled" to Server.VENUE, order.state to order.venue, order.reason)
                assertTrue(order.filled.decimal.signum() > 0)
                var seen = updates.receive()
                while (seen.id != order.id || !seen.isFinal) seen = updates.receive()
                assertEquals(order.filled.decimal.stripTrailingZeros(), seen.filled.decimal.stripTrailingZeros())
                assertEquals("filled", client.order(order.id).state)
                val position = client.positions().single()
                assertEquals(Server.VENUE to "BTC-USD", position.venue to position.symbol)
                assertTrue(client.activity().items.any { it.orderId == order.id })
                handle.stop()
                assertTrue(handle.isStopped())
            }
        }
    }

    @Test
    fun `a preview shows checks and route and sends nothing`() = test {
        newUser().use { client ->
            val preview = client.previewOrder(buy("25"))
            assertTrue(preview.accepted, preview.reason)
            assertTrue(preview.checks.isNotEmpty())
            val route = checkNotNull(preview.route)
            assertTrue(route.candidates.any { it.eligible && it.venue == route.venue })
            assertNull(route.orderId)
            assertTrue(client.positions().isEmpty())
        }
    }

    @Test
    fun `pausing and resuming is told live`() = test {
        newUser().use { client ->
            val connected = CompletableDeferred<Unit>()
            val paused = async {
                client.live()
                    .onEach { if (it == Live.Connection(ConnectionState.LIVE)) connected.complete(Unit) }
                    .filterIsInstance<Live.Event>()
                    .map { it.event }
                    .filterIsInstance<StreamEvent.BotStatus>()
                    .first { it.status.state == "paused" }
            }
            connected.await()
            assertEquals("paused", client.pause().state)
            assertEquals("paused", paused.await().status.state)
            assertEquals("running", client.resume().state)
        }
    }

    @Test
    fun `a bought position is listed, shown live, and closes at the market`() = test {
        newUser().use { client ->
            assertTrue(client.positions().isEmpty())
            val connected = CompletableDeferred<Unit>()
            val shown = async {
                client.live()
                    .onEach { if (it == Live.Connection(ConnectionState.LIVE)) connected.complete(Unit) }
                    .filterIsInstance<Live.Event>()
                    .map { it.event }
                    .filterIsInstance<StreamEvent.PositionUpdate>()
                    .first()
            }
            connected.await()
            val bought = client.placeOrder(buy("30"), waitMs = 10_000u)
            assertEquals("filled", bought.state, bought.reason)
            val position = client.positions().single()
            assertEquals("BTC-USD" to bought.venue, position.symbol to position.venue)
            assertEquals(0, position.quantity.decimal.compareTo(bought.filled.decimal))
            assertEquals(position.id, shown.await().position.id)

            val exit = client.closePosition(position.id, waitMs = 10_000u)
            assertEquals("sell" to "filled", exit.side to exit.state, exit.reason)
            assertTrue(client.positions().isEmpty())
            assertEquals(position.id, client.closedPositions().items.single().id)
        }
    }

    @Test
    fun `the session outlives the app in its store and ends with sign-out`() = test {
        val store = MapStore()
        signedIn(store).close()
        assertEquals(1, store.kept.size)
        val before = store.kept.values.single()
        NijaClient.withStore(server.url, store).use { client ->
            assertEquals(server.email, client.restoreSession()?.email)
            assertFalse(store.kept.values.single() == before, "refresh tokens rotate")
            client.overview()
            client.signOut()
            assertTrue(store.kept.isEmpty())
            assertNull(client.restoreSession())
        }
    }

    @Test
    fun `a store that is locked costs the kept session only`() = test {
        signedIn(LockedStore()).use { client ->
            client.overview()
            assertNull(client.restoreSession())
        }
    }

    @Test
    fun `a size that is no decimal is not sent`() = test {
        signedIn().use { client ->
            val error = fails<NijaException.InvalidInput> { client.placeOrder(buy("1,5"), waitMs = null) }
            assertTrue(error.why.contains("size"), error.why)
        }
    }

    @Test
    fun `keys that the exchange does not know, or that can withdraw, are refused`() = test {
        newUser().use { client ->
            val unknown = fails<NijaException.Refused> {
                client.connectExchange(Server.VENUE, "mine", "no-such-key", "bm90IGEgc2VjcmV0")
            }
            // It opened (else the code would be `credential_not_opened`), and the exchange does not know it.
            assertEquals("credential_refused", unknown.code)
            val withdrawing = server.keys.last()
            val greedy = fails<NijaException.Refused> {
                client.connectExchange(Server.VENUE, "mine", withdrawing.key, withdrawing.secret)
            }
            assertEquals("key_can_withdraw", greedy.code)
            assertFalse(client.venues().single { it.id == Server.VENUE }.connected)
        }
    }

    @Test
    fun `an address where nobody listens gives no answer, surely without effect`() = test {
        NijaClient("http://127.0.0.1:1").use { client ->
            val error = fails<NijaException.NoAnswer> { client.signIn("a@example.com", "a long enough pass phrase 7") }
            assertFalse(error.mayHaveActed)
        }
    }
}
