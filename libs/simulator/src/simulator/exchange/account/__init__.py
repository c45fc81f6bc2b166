"""What is somebody's own: orders, trades, balances, and the user channel."""
