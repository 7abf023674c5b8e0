"""The rules of background tasks."""
