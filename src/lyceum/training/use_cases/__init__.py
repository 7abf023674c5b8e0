"""What learners do in a training."""
