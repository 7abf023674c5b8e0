"""`python -m lyceum` is the command `lyceum`."""

from lyceum.main.cli import main

if __name__ == "__main__":
    main()
