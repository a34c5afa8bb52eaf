package nija

import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/** Longest wait for anything that should happen at once; reached only by a failure. */
private const val DEADLINE_MS = 30_000L

/** Runs a test's body within the deadline, in real time. */
fun test(body: suspend CoroutineScope.() -> Unit) = runBlocking {
    withTimeout(DEADLINE_MS) { withContext(Dispatchers.Default, body) }
}

suspend inline fun <reified E : Throwable> fails(crossinline call: suspend () -> Any?): E {
    val result = runCatching { call() }
    val error = result.exceptionOrNull() ?: throw AssertionError("expected ${E::class.simpleName}, got ${result.getOrNull()}")
    return error as? E ?: throw error
}

/** What a phone would keep in its Keystore. */
class MapStore : SecureStore {
    val kept = ConcurrentHashMap<String, String>()

    override fun get(key: String): String? = kept[key]

    override fun set(key: String, value: String) {
        kept[key] = value
    }

    override fun delete(key: String) {
        kept.remove(key)
    }
}

/** A store that is never there, such as a locked phone's. */
class LockedStore : SecureStore {
    override fun get(key: String): String? = throw StoreException.Unavailable()
    override fun set(key: String, value: String) = throw StoreException.Unavailable()
    override fun delete(key: String) = throw StoreException.Unavailable()
}
