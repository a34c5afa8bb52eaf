package nija

import java.nio.file.Files
import java.util.UUID
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** Stands for a phone's hardware key: AES-GCM under a key that this object alone has. */
private class Hardware : DeviceKey {
    private val key = javax.crypto.KeyGenerator.getInstance("AES").apply { init(256) }.generateKey()
    var unwrapped = 0
        private set

    override fun wrap(plain: ByteArray): ByteArray {
        val cipher = javax.crypto.Cipher.getInstance("AES/GCM/NoPadding")
        cipher.init(javax.crypto.Cipher.ENCRYPT_MODE, key)
        return cipher.iv + cipher.doFinal(plain)
    }

    override fun unwrap(wrapped: ByteArray): ByteArray = try {
        unwrapped += 1
        val cipher = javax.crypto.Cipher.getInstance("AES/GCM/NoPadding")
        val nonce = javax.crypto.spec.GCMParameterSpec(128, wrapped, 0, 12)
        cipher.init(javax.crypto.Cipher.DECRYPT_MODE, key, nonce)
        cipher.doFinal(wrapped, 12, wrapped.size - 12)
    } catch (_: java.security.GeneralSecurityException) {
        throw DeviceKeyException.Refused()
    }
}

/** The machine's time, set forward by a test. */
private class Shifted : Clock {
    @Volatile var micros = 0L

    override fun nowMicros(): Long = System.currentTimeMillis() * 1_000 + micros
}

/** Custody mode `device` through Kotlin: the phone signs and sends to a simulated exchange over the wire; a real server beside it sees nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeviceCustodyTest {
    private lateinit var server: Server

    @BeforeAll
    fun start() {
        server = Server.start(accounts = 12)
        server.exchange.price("BTC-USD", 60_000)
    }

    @AfterAll
    fun stop() = server.close()

    private inner class Phone(val keys: KeyPair = server.nextKeys(), private val hardware: DeviceKey = Hardware()) {
        val store = MapStore()
        val clock = Shifted()
        private val user = UUID.randomUUID().toString()

        fun start(key: DeviceKey? = hardware): DeviceTrader =
            DeviceTrader(user, listOf(DeviceVenue(Server.VENUE, "kraken", server.exchange.addresses)), store, key, clock)

        suspend fun connected(policy: DevicePolicy? = null): DeviceTrader =
            start().also { it.connect(Server.VENUE, "phone", keys.key, keys.secret, null, policy) }

        /** What is really at the exchange. */
        fun orders() = server.exchange.orders(keys.key)
    }

    private val opening = DeviceOpening(symbol = "BTC-USD", amount = "600", stop = "57000")

    @Test
    fun `a position opens with its stop at the exchange, is closed, and the server never hears of it`() = test {
        val phone = Phone()
        phone.connected().use { desk ->
            val balances = desk.balances(Server.VENUE)
            assertTrue(balances.any { it.asset == "USD" && it.available.decimal.signum() > 0 })
            val trade = desk.openPosition(Server.VENUE, opening)
            assertEquals(DeviceProtection.RESTING, trade.protection, trade.note)
            assertNull(trade.note)
            assertEquals(listOf(DeviceOrderRole.ENTRY, DeviceOrderRole.STOP), trade.orders.map { it.role })
            val (entry, stop) = phone.orders()
            assertEquals("buy" to "filled", entry.side to entry.status)
            assertEquals("sell" to "open", stop.side to stop.status)
            assertEquals(0, trade.held.decimal.compareTo(entry.filled), "all of it is guarded")

            val refused = fails<DeviceTradeException.Refused> { desk.cancel(Server.VENUE, trade.id) }
            assertEquals("stop_guards_position", refused.code)
            assertEquals("still_trading", fails<DeviceTradeException.Refused> { desk.forgetKey(Server.VENUE) }.code)

            val closed = desk.closePosition(Server.VENUE, trade.id)
            assertTrue(closed.done)
            assertEquals(DeviceProtection.NOT_NEEDED, closed.protection)
            assertFalse(phone.orders().any { it.status == "open" })
            assertEquals(3, closed.orders.map { it.clientId }.toSet().size)
        }
    }

    @Test
    fun `a sale rests until it is cancelled`() = test {
        val phone = Phone()
        phone.connected().use { desk ->
            val sale = desk.sell(Server.VENUE, DeviceSale("BTC-USD", "0.01", "90000"))
            assertEquals("working", sale.orders.single().state)
            assertEquals("open", phone.orders().single().status)
            val cancelled = desk.cancel(Server.VENUE, sale.id)
            assertTrue(cancelled.done)
            assertEquals("cancelled", cancelled.orders.single().state)
            assertEquals("canceled", phone.orders().single().status)
        }
    }

    @Test
    fun `an entry whose answer is lost is found and never sent twice`() = test {
        val phone = Phone()
        phone.connected().use { desk ->
            server.exchange.fault("drop_after", "/0/private/AddOrder", phone.keys.key)
            val trade = desk.openPosition(Server.VENUE, opening)
            assertEquals(DeviceProtection.RESTING, trade.protection, trade.note)
            assertEquals(listOf("buy", "sell"), phone.orders().map { it.side })
        }
    }

    @Test
    fun `an order that never arrived stays in doubt over a restart and whatever the user's clock says`() = test {
        val phone = Phone()
        val id = phone.connected().use { desk ->
            server.exchange.fault("drop_before", "/0/private/AddOrder", phone.keys.key)
            val trade = desk.openPosition(Server.VENUE, opening)
            assertTrue(trade.inDoubt)
            assertEquals(DeviceProtection.IN_DOUBT, trade.protection)
            assertEquals("order_in_doubt", fails<DeviceTradeException.Refused> { desk.openPosition(Server.VENUE, opening) }.code)
            trade.id
        }
        phone.clock.micros = 3_600_000_000
        phone.start().use { desk ->
            val trade = desk.settle(Server.VENUE).single()
            assertEquals(id, trade.id)
            assertTrue(trade.inDoubt, "neither a set clock nor a restart is proof")
            assertEquals("too_early", fails<DeviceTradeException.Refused> { desk.dismiss(Server.VENUE, id) }.code)
        }
        assertEquals(emptyList<Any>(), phone.orders(), "nothing was sent again")
    }

    @Test
    fun `an older list of orders is noticed, nothing is sent by it, and the way on is said`() = test {
        val phone = Phone()
        lateinit var before: Map<String, String>
        val id = phone.connected().use { desk ->
            desk.settle(Server.VENUE)
            before = phone.store.kept.filterKeys { ".orders." in it }
            assertEquals(1, before.size)
            val trade = desk.openPosition(Server.VENUE, opening)
            assertFalse(trade.stopLost)
            trade.id
        }
        val newest = phone.store.kept.filterKeys { ".orders." in it }
        phone.store.kept.putAll(before)
        phone.start().use { desk ->
            val doubted = fails<DeviceTradeException.JournalDoubted> { desk.settle(Server.VENUE) }
            assertTrue("reconcile" in doubted.detail && "older" in doubted.detail, doubted.detail)
            fails<DeviceTradeException.JournalDoubted> { desk.openPosition(Server.VENUE, opening) }
            fails<DeviceTradeException.JournalDoubted> { desk.closePosition(Server.VENUE, id) }
            fails<DeviceTradeException.JournalDoubted> { desk.trades(Server.VENUE) }
            assertEquals("too_early", fails<DeviceTradeException.Refused> { desk.reconcile(Server.VENUE) }.code)
            assertEquals(2, phone.orders().size, "the entry and its stop, and nothing since")
        }
        phone.store.kept.putAll(newest)
        phone.start().use { desk ->
            assertEquals(DeviceProtection.RESTING, desk.settle(Server.VENUE).single().protection)
            assertEquals(id, desk.reconcile(Server.VENUE).single().id)
        }
    }

    @Test
    fun `openings that no stop can guard, and orders outside the user's limits, are refused and never sent`() = test {
        val phone = Phone()
        val policy = DevicePolicy(listOf(DevicePolicyPair("BTC-USD")), maxOrder = "700", maxBuysPerHour = "1000")
        phone.connected(policy).use { desk ->
            suspend fun code(asked: DeviceOpening) =
                fails<DeviceTradeException.Refused> { desk.openPosition(Server.VENUE, asked) }.also { assertTrue(it.detail.isNotEmpty()) }.code
            assertEquals("stop_not_below", code(opening.copy(stop = "61000")))
            assertEquals("no_resting_bracket", code(opening.copy(takeProfit = "70000")))
            assertEquals("policy", code(opening.copy(amount = "1000")))
            fails<DeviceTradeException.InvalidInput> { desk.openPosition(Server.VENUE, opening.copy(stop = "57,000")) }
            assertEquals(emptyList<Any>(), phone.orders())

            desk.openPosition(Server.VENUE, opening)
            val second = desk.openPosition(Server.VENUE, opening)
            assertEquals("policy", second.noteCode, "the hour's limit")
            assertEquals(2, phone.orders().size)
            assertEquals("700", desk.keys().single().policy?.maxOrder)
        }
    }

    @Test
    fun `a key that may withdraw is refused and not kept`() = test {
        val phone = Phone(server.keys.last())
        phone.start().use { desk ->
            val refused = fails<DeviceTradeException.Refused> {
                desk.connect(Server.VENUE, "phone", phone.keys.key, phone.keys.secret)
            }
            assertEquals("key_can_withdraw", refused.code)
            assertTrue(desk.keys().isEmpty())
            assertFalse(phone.store.kept.keys.any { ".key." in it })
        }
    }

    @Test
    fun `only the hardware that wrapped it opens the stored key`() = test {
        val hardware = Hardware()
        val phone = Phone(hardware = hardware)
        phone.connected().use { desk ->
            assertTrue(desk.keys().single().inHardware)
            assertFalse(phone.store.kept.values.any { phone.keys.secret in it || phone.keys.key in it })
        }
        phone.start(Hardware()).use { thief ->
            fails<DeviceTradeException.DeviceKeyRefused> { thief.balances(Server.VENUE) }
        }
        phone.start(null).use { thief ->
            fails<DeviceTradeException.DeviceKeyRefused> { thief.balances(Server.VENUE) }
        }
        phone.start().use { desk ->
            val before = hardware.unwrapped
            desk.balances(Server.VENUE)
            desk.balances(Server.VENUE)
            assertEquals(before + 1, hardware.unwrapped, "opened once")
            desk.lock(Server.VENUE)
            desk.balances(Server.VENUE)
            assertEquals(before + 2, hardware.unwrapped, "and again after a lock")
            desk.forgetKey(Server.VENUE)
            assertEquals("not_connected", fails<DeviceTradeException.Refused> { desk.balances(Server.VENUE) }.code)
        }
    }

    @Test
    fun `a store that is locked sends nothing`() = test {
        DeviceTrader(
            UUID.randomUUID().toString(), listOf(DeviceVenue(Server.VENUE, "kraken", server.exchange.addresses)), LockedStore(), null,
        ).use { desk -> fails<DeviceTradeException.StoreUnavailable> { desk.openPosition(Server.VENUE, opening) } }
    }

    @Test
    fun `the server lists the key by its fingerprint, signs nothing with it, shows nothing of it and has nothing of its secret`() = test {
        val phone = Phone()
        phone.connected().use { desk ->
            NijaClient(server.url).use { client ->
                client.signUp("kotlin-${UUID.randomUUID()}@example.com", "a long enough pass phrase 7")
                val key = desk.keys().single()
                val noted = client.registerDeviceKey(Server.VENUE, "phone", key.fingerprint)
                assertEquals("device" to "active", noted.custody to noted.status)
                desk.openPosition(Server.VENUE, opening)

                val listed = client.credentials().single()
                assertEquals(key.fingerprint, listed.fingerprint)
                assertNotNull(listed.health)
                assertEquals("credential_on_device", fails<NijaException.Refused> { client.checkCredential(listed.id) }.code)
                val order = OrderRequest(symbol = "BTC-USD", side = "buy", size = "25", venue = Server.VENUE)
                val sent = runCatching { client.placeOrder(order, waitMs = 5_000u) }
                assertTrue(sent.exceptionOrNull() is NijaException.Refused || sent.getOrThrow().state in setOf("rejected", "failed"))
                assertEquals(2, phone.orders().size, "the phone's entry and stop, and nothing of the server's")
                assertTrue(client.positions().isEmpty(), "what it cannot see it does not show")
                client.revokeCredential(listed.id)
                assertEquals("revoked", client.credentials().single().status)
            }
        }
        val secret = phone.keys.secret.toByteArray()
        Files.walk(server.dir).filter(Files::isRegularFile).forEach { file ->
            assertFalse(Files.readAllBytes(file).has(secret), "$file holds the secret")
            assertFalse("sim" !in file.fileName.toString() && Files.readAllBytes(file).has(phone.keys.key.toByteArray()), "$file holds the key")
        }
    }

    private fun ByteArray.has(wanted: ByteArray): Boolean =
        (0..size - wanted.size).any { start -> wanted.indices.all { this[start + it] == wanted[it] } }
}
