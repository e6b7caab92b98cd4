"""The handlers of the table: each function handles one kind of event in one situation."""
