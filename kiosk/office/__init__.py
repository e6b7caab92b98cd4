"""Work that is done away from the door: issuing passes, printing sheets, importing trust lists."""
