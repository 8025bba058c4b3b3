"""`podforge`, and `python -m podforge`: the command."""

import signal


def main() -> None:
    """Run the command line."""
    # Ctrl-C while modules are imported: it ends the process, without a traceback, as any other.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    from podforge.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
