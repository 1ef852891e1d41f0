"""People by the dozen: the app under load, over its real websockets, uploads and WebRTC."""
