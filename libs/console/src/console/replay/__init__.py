"""Replays the system in one process and in virtual time: the same cores, fed by a simulated or recorded world."""
