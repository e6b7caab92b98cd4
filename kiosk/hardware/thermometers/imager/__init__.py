"""The thermal imager MLX90640: its driver, the search for the face, and the process that reads it.

Only `link`, `orders` and `registers` may be imported by the controller: the other modules need NumPy.
"""
