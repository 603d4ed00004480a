"""GraphQL documents as documents: their limits, and the library of stored ones. No schema of ours."""
