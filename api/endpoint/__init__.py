"""GraphQL over HTTP and WebSocket: who asks, documents prepared once and bounded, answers in threads, errors masked."""
