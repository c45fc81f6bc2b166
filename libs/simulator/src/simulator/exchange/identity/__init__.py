"""Who a client is: addresses, wallets, signatures, API keys."""
