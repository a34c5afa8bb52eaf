package nija

import java.io.File
import java.math.BigDecimal
import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.concurrent.thread

/** A `nija` process that says on one line when it is ready, ended with the tests whatever ends them. */
private class Nija(log: File, vararg arguments: String) : AutoCloseable {
    private val process: Process
    val ready: String

    init {
        val binary = System.getenv("NIJA_BIN")?.let(::File) ?: File(System.getProperty("jna.library.path"), "nija")
        check(binary.canExecute()) { "no server at $binary: cargo build -p nija-server" }
        process = ProcessBuilder(binary.path, *arguments).redirectError(log).start()
        Runtime.getRuntime().addShutdownHook(Thread { process.destroyForcibly() })
        ready = try {
            readyLine()
        } catch (error: Exception) {
            process.destroyForcibly()
            throw IllegalStateException("nija ${arguments.first()} did not start:\n${log.readText()}", error)
        }
    }

    override fun close() {
        process.destroy()
        if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly()
    }

    /** The first line of JSON; the rest is read too, so that the process never blocks on it. */
    private fun readyLine(): String {
        val ready = CompletableFuture<String>()
        thread(isDaemon = true) {
            process.inputStream.bufferedReader().forEachLine { line ->
                if (line.startsWith("{")) ready.complete(line)
            }
            ready.completeExceptionally(IllegalStateException("it exited"))
        }
        return ready.get(60, TimeUnit.SECONDS)
    }
}

/** A user's API key at the simulated exchange. */
class KeyPair(val key: String, val secret: String)

/** An order as it stands at the exchange, whatever its client believes. */
data class ExchangeOrder(val side: String, val status: String, val filled: BigDecimal)

/** The simulated exchange, from behind its counter. */
class Exchange(val addresses: DeviceVenueAddresses, private val admin: String) {
    private val http = HttpClient.newHttpClient()

    /** The orders of a key, oldest first. */
    fun orders(key: String): List<ExchangeOrder> {
        val answer = send(HttpRequest.newBuilder(URI("$admin/accounts/${URLEncoder.encode(key, Charsets.UTF_8)}/orders")).GET())
        val orders = Regex("\\{[^{}]*}").findAll(answer).map { it.value }
        return orders.sortedBy { Regex("\"opened_ns\":(\\d+)").find(it)!!.groupValues[1].toLong() }
            .map { ExchangeOrder(field(it, "side"), field(it, "status"), BigDecimal(field(it, "filled"))) }.toList()
    }

    /** The next request of a key to a path goes wrong. */
    fun fault(kind: String, path: String, key: String) = post("faults", """{"kind":"$kind","match":"$path","key":"$key"}""")

    fun price(symbol: String, price: Int) = post("price", """{"symbol":"$symbol","price":"$price"}""")

    private fun post(path: String, body: String) {
        send(HttpRequest.newBuilder(URI("$admin/$path")).header("content-type", "application/json").POST(BodyPublishers.ofString(body)))
    }

    private fun send(request: HttpRequest.Builder): String {
        val answer = http.send(request.build(), BodyHandlers.ofString())
        check(answer.statusCode() == 200) { "${answer.uri()}: ${answer.statusCode()} ${answer.body()}" }
        return answer.body()
    }
}

private fun field(json: String, name: String): String =
    Regex("\"$name\"\\s*:\\s*\"([^\"]*)\"").find(json)?.groupValues?.get(1) ?: error("no $name in $json")

/**
 * A real `nija serve --demo` on a port of its own, with a data directory that goes with it, and one more simulated
 * exchange, [VENUE], at which the tests have [keys]: the last of them may withdraw.
 */
class Server private constructor(val dir: Path, private val sim: AutoCloseable, private val serve: AutoCloseable,
                                 ready: String, val keys: List<KeyPair>, val exchange: Exchange) : AutoCloseable {
    private val next = AtomicInteger()
    val url = field(ready, "url")
    val email = field(ready, "email")
    val password = field(ready, "password")

    /** A key that no other test has; it may not withdraw. */
    fun nextKeys(): KeyPair = keys.dropLast(1)[next.getAndIncrement()]

    override fun close() {
        serve.close()
        sim.close()
        dir.toFile().deleteRecursively()
    }

    companion object {
        const val VENUE = "exchange"

        fun start(accounts: Int = 3): Server {
            val dir = Files.createTempDirectory("nija-kotlin-")
            val sim = Nija(dir.resolve("sim.log").toFile(), "sim", "--json", "--venue", "$VENUE=kraken", "--accounts", "$accounts")
            val addresses = listOf("rest", "ws_public", "ws_private").joinToString(",") { field(sim.ready, it) }
            val serve = Nija(
                dir.resolve("serve.log").toFile(), "serve", "--listen", "127.0.0.1:0",
                "--data-dir", dir.resolve("data").toString(), "--venue", "$VENUE:kraken=$addresses", "--demo", "--json",
            )
            val keys = Regex("\"key\":\"([^\"]*)\",\"secret\":\"([^\"]*)\"").findAll(sim.ready)
                .map { KeyPair(it.groupValues[1], it.groupValues[2]) }.toList()
            val at = DeviceVenueAddresses(field(sim.ready, "rest"), field(sim.ready, "ws_public"), field(sim.ready, "ws_private"))
            return Server(dir, sim, serve, serve.ready, keys, Exchange(at, field(sim.ready, "admin")))
        }
    }
}
