"""One command, `kiosk`, with subcommands."""


def main() -> None:
    """Run the command line."""
