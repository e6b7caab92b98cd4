"""JSON over HTTPS, one POST at a time, bounded in time and size and cancellable: for services that the site names."""
