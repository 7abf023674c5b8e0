"""Crash experiments: seeded faults against real processes, each with a control that fails with the guard off."""
