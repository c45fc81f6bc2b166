"""What a posted order must be like before it may reach the book, and how it is said when it is not."""
