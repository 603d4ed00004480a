"""REST routes: stored documents that are served by method and path."""
