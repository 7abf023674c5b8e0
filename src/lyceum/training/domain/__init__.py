"""What training decides by itself: trainings and attempts, ability, the streak."""
