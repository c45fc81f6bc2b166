"""What stands before every page of the exchange: rate limits, and faults on demand."""
