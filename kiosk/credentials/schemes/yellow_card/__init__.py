"""The digital yellow card: the WHO's International Certificate of Vaccination or Prophylaxis."""
