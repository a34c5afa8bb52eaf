package nija

import java.math.BigDecimal
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.channels.trySendBlocking
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow

/** What the stream says: an event, or how its connection is. */
sealed interface Live {
    data class Event(val event: StreamEvent) : Live
    data class Connection(val state: ConnectionState) : Live
}

/** The stream was ended by the server or with the session; [code] is stable. */
class StreamEndedException(val code: String) : Exception("the stream ended: $code")

/**
 * The live stream as a cold flow, across reconnects; collecting opens it and cancelling closes it. Nothing is dropped:
 * a slow collector holds the stream back. Fails with [StreamEndedException] when the stream is over for good.
 */
fun NijaClient.live(): Flow<Live> = callbackFlow {
    val handle = stream(object : StreamListener {
        // A send that fails means that the collector is gone; `awaitClose` then stops the stream.
        override fun onEvent(event: StreamEvent) {
            trySendBlocking(Live.Event(event))
        }

        override fun onConnection(state: ConnectionState) {
            trySendBlocking(Live.Connection(state))
        }

        override fun onEnded(code: String) {
            close(StreamEndedException(code))
        }
    })
    awaitClose {
        handle.stop()
        handle.close()
    }
}

/** A decimal of the API as a number. */
val String.decimal: BigDecimal get() = BigDecimal(this)

/** Whether nothing can change any more. */
val Order.isFinal: Boolean get() = state in setOf("filled", "rejected", "cancelled", "expired", "failed")
