"""Runs the command line: `python -m dexter_graphql`."""

from dexter_graphql.cli import main

if __name__ == "__main__":
    main()
