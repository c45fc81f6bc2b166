"""What is the underlying worth, now and by whom? Reads exchanges and the settlement feed; holds no credentials."""
