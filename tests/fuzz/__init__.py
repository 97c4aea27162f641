"""Hostile files by the thousand: real ones are mutated and opened through the public doors.

``python -m tests.fuzz --seed 1`` mutates saved projects, exported models, checkpoints and data
texts, opens each as the app would, and fails on anything but "opened" or "refused in words".
"""
