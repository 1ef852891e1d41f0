"""Protocol shared by pages and server: addresses, cookie and live messages."""
