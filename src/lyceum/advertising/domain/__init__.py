"""What advertising decides, without any technology."""
