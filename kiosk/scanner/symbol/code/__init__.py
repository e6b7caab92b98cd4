"""The symbol as ISO/IEC 18004:2015 defines it: layout, codewords and Reed-Solomon error correction."""
