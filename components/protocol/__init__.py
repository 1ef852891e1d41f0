"""What pages and server agree on before either is loaded: addresses, cookie, networks, serving."""
