"""A stub of PiDNG, which has no wheel; picamera2 imports it for raw pictures, which are not used here."""
