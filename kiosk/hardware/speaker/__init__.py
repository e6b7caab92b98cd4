"""The loudspeaker: clips of spoken sentences and short sounds, played through ALSA by a process of their own.

It needs neither a screen nor a browser. `turns` decides which speech cuts in, `duty` is the worker, `player` owns the
process, `clips` holds the sentences, and `rendering` makes them when the kiosk is installed.
"""
