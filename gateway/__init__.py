"""The browser's companion: what Envoy cannot do. Sign-in, sessions, WebSockets, the web app and the API's pages."""
