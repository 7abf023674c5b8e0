"""Users, sessions, keys, and the rules about them."""
