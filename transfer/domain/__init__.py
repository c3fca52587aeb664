"""The rules of a transfer, pure: no I/O, no waiting, and the time is an argument."""
