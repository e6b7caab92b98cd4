"""`kiosk scan`: the technician's trial of the scanner on pictures, videos and the camera."""
