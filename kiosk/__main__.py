"""`python -m kiosk` runs the command `kiosk`."""

from kiosk.cli import main

if __name__ == "__main__":
    main()
