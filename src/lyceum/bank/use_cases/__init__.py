"""What authors and operators do with the bank."""
