"""Office work, away from the door: issuing passes, printing sheets, importing key lists."""
