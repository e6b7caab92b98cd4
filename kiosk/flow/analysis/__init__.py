"""Looks at the flow from outside: every reachable state, and the state diagram."""
