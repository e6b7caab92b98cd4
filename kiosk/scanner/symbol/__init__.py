"""Own reading of a QR symbol, for what others give up on: glare, steep tilt, blur, one picture too few."""
