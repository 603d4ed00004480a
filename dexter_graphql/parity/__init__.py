"""What of Sentry's API the graph reaches, and which features of the client work, computed."""
