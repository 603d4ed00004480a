"""GraphQL types of Discover and Explore."""
