"""What pages and server agree on: addresses, live messages, and who serves."""
