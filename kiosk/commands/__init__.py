"""The subcommands of `kiosk`, a file a group: each adds its words to the command line and does what they say."""
