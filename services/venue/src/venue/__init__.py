"""What is listed, how does it settle, what is offered? Reads the venue's public interfaces; holds no credentials."""
