"""The network services of worlds, without a network: the venue's check-in and the health app's status service."""
