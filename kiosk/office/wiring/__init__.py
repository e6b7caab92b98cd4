"""`kiosk wiring`: the header with the pins of a site, as text and as a drawing for the cabinet door."""
