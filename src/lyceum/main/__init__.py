"""Composition roots: what the settings choose is put together here, and nowhere else."""
