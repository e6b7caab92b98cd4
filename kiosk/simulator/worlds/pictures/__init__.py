"""Worlds with pictures: the camera sees drawn frames, and the real scanner reads them on the virtual clock."""
