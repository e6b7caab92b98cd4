"""The scanner process: camera, decoding, exposure, and reports to the controller."""
