"""A QR code reader for symbols that common decoders give up on: glare, tilt, blur, bent paper, few pixels a module.

Common decoders make the picture black and white, locate three finder patterns, sample one bit for each module, and
correct wrong codewords as errors. This package differs in four points:

* **Erasures.** A module is sampled as a *soft bit*, the log-likelihood ratio of dark and light. Modules in glare or in
  a shadow carry no information, and their codewords are treated as erasures. Reed-Solomon codes correct twice as many
  erasures as errors (`sample.modules`, `code.codewords`, `code.reed_solomon`).
* **Rectification.** A symbol is located also if only two or one of its finder patterns are intact, or if they are too
  blurred to have contours (`locate`). The pose is refined on all known patterns to a tenth of a module (`sample.pose`),
  and the bend of the paper is estimated from the edges of all modules (`sample.lattice`).
* **Equalisation.** A linear filter that is learnt from the modules known in advance undoes blur (`sample.modules`).
* **Accumulation.** In a stream, a symbol is tracked from picture to picture (`follow`), and its soft bits are added
  over the pictures, until together they suffice (`gather`).

A result must be proven, because a reader that tries harder also has more chances to be wrong: every block needs 24 bits
of unspent proof, and the corrected symbol must agree with what was seen (`code.codewords`).

The package has no input or output. Pictures are `grey.Grey` arrays. Coordinates
are image coordinates, x to the right and y down, in pixels or in modules (`sample.pose`). Times are limited by
`budget.Budget`. Layout, codewords and error correction follow ISO/IEC 18004:2015.
"""
