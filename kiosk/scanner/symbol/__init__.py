"""Own reading of a QR code symbol, for what the ordinary decoders give up on: glare, steep tilt, bent paper, one frame too few."""
