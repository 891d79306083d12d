"""Scanning: which folders, what changed on disk, reading it, and the steps of a scan."""
