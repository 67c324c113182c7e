"""What was read of a log: boots, what is kept of them, what is missing, and what is wanted."""
