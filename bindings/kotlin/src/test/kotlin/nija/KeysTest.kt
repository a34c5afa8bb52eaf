package nija

import java.io.File
import java.util.UUID
import org.junit.jupiter.api.AfterAll
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotNull
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeAll
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.TestInstance

/** Keys that are at the server: their mode, their health, and those that only their owner unlocks. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeysTest {
    private lateinit var server: Server

    @BeforeAll
    fun start() {
        server = Server.start(accounts = 4)
    }

    @AfterAll
    fun stop() = server.close()

    private suspend fun newUser(): NijaClient {
        val client = NijaClient(server.url)
        client.signUp("kotlin-${UUID.randomUUID()}@example.com", PASSWORD)
        return client
    }

    @Test
    fun `a stored key's mode and health are listed, and the exchange is asked about it`() = test {
        newUser().use { client ->
            val mine = server.nextKeys()
            val stored = client.connectExchange(Server.VENUE, "mine", mine.key, mine.secret)
            val checked = client.checkCredential(stored.id)
            val health = checkNotNull(checked.health)
            assertNotNull(health.checkedAt)
            assertTrue("can_withdraw" !in health.problems)
            assertEquals("delegated", client.credentials().single().custody)
            assertNull(checked.fingerprint)
            client.revokeCredential(stored.id)
            assertEquals("revoked", client.credentials().single().status)
            val refused = fails<NijaException.Refused> { client.destroyCredential(stored.id, "not the password at all") }
            assertEquals("confirmation_needed", refused.code)
            assertEquals("revoked", client.credentials().single().status)
            client.destroyCredential(stored.id, PASSWORD)
            assertEquals("destroyed", client.credentials().single().status)
        }
    }

    @Test
    fun `a session key signs while its owner has it unlocked`() = test {
        newUser().use { client ->
            val mine = server.nextKeys()
            val phrase = "only I know this one"
            val stored = client.connectSessionExchange(Server.VENUE, "mine", mine.key, mine.secret, phrase, 600u)
            assertEquals("session", stored.custody)
            assertNotNull(client.credentials().single().health?.unlockedUntil)
            assertNotNull(client.checkCredential(stored.id).health?.checkedAt, "it signs")

            client.lockKey(Server.VENUE)
            assertNull(client.credentials().single().health?.unlockedUntil)
            assertEquals("credential_locked", fails<NijaException.Refused> { client.checkCredential(stored.id) }.code)
            val wrong = fails<NijaException.Refused> { client.unlockKey(Server.VENUE, "not the right phrase", 60u) }
            assertEquals("credential_not_opened", wrong.code)
            assertTrue(client.unlockKey(Server.VENUE, phrase, 60u).isNotEmpty())
            assertNotNull(client.checkCredential(stored.id).health?.checkedAt)
        }
    }

    @Test
    fun `what was done with a key is proven to the phone alone`() = test {
        newUser().use { client ->
            val mine = server.nextKeys()
            client.connectExchange(Server.VENUE, "mine", mine.key, mine.secret)
            val told = client.keyEvents(limit = 200u).items.first { it.action == "store" && it.outcome == "ok" }
            val proven = client.provenKeyEvent(told.seq)
            assertEquals(listOf(told.seq, "store", "ok", Server.VENUE, 1u), proven.run { listOf(seq, action, outcome, venue, version) })
            assertEquals(java.time.Instant.parse(told.at).toEpochMilli(), proven.atMicros / 1000)
            assertEquals("not_found", fails<NijaException.Refused> { client.provenKeyEvent(told.seq + 100_000u) }.code)
        }
    }

    @Test
    fun `a proof that came from elsewhere is checked without a server`() {
        val file = File("../../nija-client/tests/audit-proof.json").readText()
        val pin = Regex("\"pinned\": \"([0-9a-f]{64})\"").find(file)!!.groupValues[1]
        val proof = file.substringAfter("\"proof\":").substringBeforeLast('}')
        val proven = verifyAuditProof(proof, pin)
        assertEquals(listOf(6uL, "open", 2u), listOf(proven.seq, proven.action, proven.version))
        val touched = proof.replace("\"version\": 2", "\"version\": 3")
        assertThrows(NijaException.Unproven::class.java) { verifyAuditProof(touched, pin) }
        assertThrows(NijaException.Unproven::class.java) { verifyAuditProof(proof, "0".repeat(64)) }
        assertThrows(NijaException.InvalidInput::class.java) { verifyAuditProof("{}", pin) }
        assertThrows(NijaException.InvalidInput::class.java) { verifyAuditProof(proof, "no key") }
    }

    private companion object {
        const val PASSWORD = "a long enough pass phrase 7"
    }
}
