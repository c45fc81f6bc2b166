"""The matching engine, pure: operations in, events out, every state a fold of the operations before it."""
