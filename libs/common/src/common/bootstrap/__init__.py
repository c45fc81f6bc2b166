"""What an operator sets up before the services start: NATS's configuration, streams and consumers."""
