"""What the commands of `recover` answer."""
