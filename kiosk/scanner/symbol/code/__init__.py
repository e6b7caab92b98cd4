"""The QR code standard: layout, codewords and error correction (ISO/IEC 18004:2015)."""
