"""What pages and server agree on: addresses, the cookie, and live messages."""
