"""A booth with people in it, on fake buses below the real drivers."""
