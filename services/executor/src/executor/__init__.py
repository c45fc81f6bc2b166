"""Does it once, and knows what became of it: orders out, fills and settlements in."""
