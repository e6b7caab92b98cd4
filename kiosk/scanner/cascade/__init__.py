"""The decoders of a picture and of a stream of pictures: a cascade of stages within a budget of time, and hints."""
