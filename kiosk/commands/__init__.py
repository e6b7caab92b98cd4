"""The subcommands of `kiosk`, one module a group. Each module adds its subcommands to the parser and executes them."""
