"""Load tests: the app with many visitors, over its WebSockets, uploads and WebRTC."""
