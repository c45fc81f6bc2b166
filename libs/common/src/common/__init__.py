"""What every service shares: values, contracts, the bus, the runtime."""
