"""Worlds: people, doors, sensors and faults around a real kiosk, and a referee that judges by bodies and pins alone.

A world is told by a *story* (`story`): settings, people, and timed lines. `script/worlds` plays stories that are read
from files or drawn from a seed (`seeds`). The real flow, loop, dispatch, devices, credentials and journal run on a
virtual clock (`play`). The world knows where every body stands and which door leaf is open (`premises`), so it knows
what each sensor sees. The `referee` watches bodies, pins, the visitor's screen and journal rows. It knows nothing of
the phases and events of the flow, so a mistake in the kiosk's own account cannot hide a mistake at the door.
"""
