"""`python -m podforge` is the `podforge` command."""

from podforge.cli import main

if __name__ == "__main__":
    main()
