"""GraphQL documents as documents: knows syntax, and no schema of ours."""
