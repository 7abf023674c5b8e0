"""Technology that adapters share. Knows no context."""
