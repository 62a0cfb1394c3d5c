"""Takt's command line: its own commands by their short names, then Django's."""

import os
import sys

COMMANDS = {
    "user": "create or update a user",
    "token": "print a new API token",
    "import": "read records from CSV or XLSX",
    "export": "write records to CSV or XLSX",
    "report": "print any report",
    "doctor": "verify every invariant over the whole database",
    "backup": "write everything Takt keeps to one file, while it runs",
    "restore": "put a backup in the place of what is there",
    "bench": "fill a database, time the operations",
}


def main(arguments: list[str]) -> None:
    """Runs one command; the process's exit code is the command's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
    if not arguments or arguments[0] in {"help", "--help", "-h"} and len(arguments) == 1:
        print("Usage: bin/takt COMMAND [options]; bin/takt COMMAND --help tells more.\n")
        for name, does in COMMANDS.items():
            print(f"  {name:<9} {does}")
        print("\nDjango's commands (migrate, shell, makemigrations …) work too.")
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bin/takt", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
