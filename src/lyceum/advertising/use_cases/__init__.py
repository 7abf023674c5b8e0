"""What may be done with advertising, one class each."""
