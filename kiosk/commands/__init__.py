"""The subcommands of `kiosk`, one module for each group. A module adds and executes its subcommands."""
