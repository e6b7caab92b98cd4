"""The cascade of stages that turns one picture, or a stream of pictures, into decoded codes."""
