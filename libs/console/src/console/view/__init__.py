"""What is happening, for people: a fold of the messages, drawn on a terminal or written line by line."""
