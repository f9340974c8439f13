"""`gateway` and `python -m gateway`."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its code."""
    from gateway.cli.app import run_app

    run_app()


if __name__ == "__main__":
    main()
