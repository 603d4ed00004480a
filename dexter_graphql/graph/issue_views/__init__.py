"""Issue views: saved searches for issues."""
