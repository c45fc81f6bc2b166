"""How messages travel: one interface, over NATS with JetStream and in memory."""
