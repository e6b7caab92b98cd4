"""A scheme that only the tests know: a theatre ticket, `TICKET:` and a seat, good if the theatre's key is trusted."""
