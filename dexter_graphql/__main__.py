"""Hands over to the command line."""

from dexter_graphql.cli import main

if __name__ == "__main__":
    main()
