"""What may be done with entitlements, one class each."""
