"""What there is to tell of an incident: its calls, who is to blame, or why nobody is."""
