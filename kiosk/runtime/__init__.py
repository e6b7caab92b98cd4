"""The running controller: the loop, dispatch of commands, workers and the clock."""
