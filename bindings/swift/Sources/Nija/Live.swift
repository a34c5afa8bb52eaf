import Foundation

/// What the stream says: an event, or how its connection is.
public enum Live: Sendable {
    case event(StreamEvent)
    case connection(ConnectionState)
}

/// The stream was ended by the server or with the session. `code` is stable.
public struct StreamEnded: Error, Equatable, Sendable {
    public let code: String

    public init(code: String) {
        self.code = code
    }
}

extension NijaClient {
    /// The live stream, across reconnects. Ending the loop, or its task, closes it; nothing is dropped on the way. It
    /// throws ``StreamEnded`` when the stream is over for good.
    ///
    ///     for try await live in client.live() { ... }
    public func live() -> AsyncThrowingStream<Live, Error> {
        AsyncThrowingStream { continuation in
            do {
                let handle = try stream(listener: Forwarder(continuation))
                continuation.onTermination = { _ in handle.stop() }
            } catch {
                continuation.finish(throwing: error)
            }
        }
    }
}

private final class Forwarder: StreamListener, @unchecked Sendable {
    private let continuation: AsyncThrowingStream<Live, Error>.Continuation

    init(_ continuation: AsyncThrowingStream<Live, Error>.Continuation) {
        self.continuation = continuation
    }

    func onEvent(event: StreamEvent) {
        continuation.yield(.event(event))
    }

    func onConnection(state: ConnectionState) {
        continuation.yield(.connection(state))
    }

    func onEnded(code: String) {
        continuation.finish(throwing: StreamEnded(code: code))
    }
}
